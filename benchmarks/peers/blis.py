"""BLIS as Debian builds it, by CBLAS."""

from peers._native import Blas


class Blis(Blas):
    name = "BLIS"
    debian = ("libblis4-pthread",)
    paths = ("/usr/lib/*/blis-pthread/libblis.so.4", "/usr/lib*/libblis.so.4")

    def threads(self, count):
        import ctypes

        self.library.bli_info_get_version_str.restype = self.library.bli_arch_string.restype = ctypes.c_char_p
        self.library.bli_thread_set_num_threads.argtypes = [ctypes.c_long]
        self.library.bli_thread_set_num_threads(count)

    def version(self):
        return f"{self.library.bli_info_get_version_str().decode()} (configuration {self.kernel_name()})"

    def kernel_name(self):
        return self.library.bli_arch_string(self.library.bli_arch_query_id()).decode()


PEER = Blis()
