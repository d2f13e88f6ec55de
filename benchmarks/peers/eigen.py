"""Eigen: templates that the machine's compiler turns into loops."""

from peers._native import Adapter


class Eigen(Adapter):
    name = "Eigen"
    debian = ("libeigen3-dev", "g++")
    needs = ("/usr/include/eigen3/Eigen/Core",)
    source, compiler = "eigen.cpp", "g++"
    flags = ("-I/usr/include/eigen3", "-march=native", "-DNDEBUG", "-ffast-math", "-fopenmp", "-w")


PEER = Eigen()
