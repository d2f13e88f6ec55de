"""libxsmm: small matrix products, generated for their size. Linked from Debian's static library."""

from peers._native import Adapter


class Xsmm(Adapter):
    name = "libxsmm"
    debian = ("libxsmm-dev", "g++")
    needs = ("/usr/include/libxsmm.h", "/usr/lib/libxsmm.a")
    source, compiler = "xsmm.cpp", "g++"
    flags = ("-fopenmp", "-Wl,-Bsymbolic", "/usr/lib/libxsmm.a", "/usr/lib/libxsmmnoblas.a", "-ldl", "-lpthread", "-lm")


PEER = Xsmm()
