"""oneDNN as Debian builds it, by its C++ interface."""

from peers._native import Adapter


class OneDnn(Adapter):
    name = "oneDNN"
    debian = ("libdnnl-dev", "g++")
    needs = ("/usr/include/oneapi/dnnl/dnnl.hpp",)
    source, compiler = "onednn.cpp", "g++"
    flags = ("-ldnnl", "-lpthread")


PEER = OneDnn()
