"""OpenBLAS as Debian builds it, by CBLAS."""

from peers._native import Blas


class OpenBlas(Blas):
    name = "OpenBLAS"
    debian = ("libopenblas0-pthread",)
    paths = ("/usr/lib/*/openblas-pthread/libopenblas.so.0", "/usr/lib*/libopenblas.so.0")

    def threads(self, count):
        import ctypes

        self.library.openblas_get_config.restype = self.library.openblas_get_corename.restype = ctypes.c_char_p
        self.library.openblas_set_num_threads(count)

    def version(self):
        return " ".join(self.library.openblas_get_config().decode().split()[1:2]) + f" (core {self.kernel_name()})"

    def kernel_name(self):
        return self.library.openblas_get_corename().decode()


PEER = OpenBlas()
