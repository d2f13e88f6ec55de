"""ONNX Runtime's CPU provider on the models of _onnx.py, bound to memory once."""

from peers import Missing, Peer, Prepared, Unsupported, _onnx, module
from peers._native import results_of


class OnnxRuntime(Peer):
    name = "ONNX Runtime"
    pip = ("onnxruntime", "onnx")

    def load(self, threads):
        self.ort = module("onnxruntime")
        module("onnx")
        self.options = self.ort.SessionOptions()
        self.options.intra_op_num_threads, self.options.inter_op_num_threads = threads, 1
        self.options.log_severity_level = 4
        if "CPUExecutionProvider" not in self.ort.get_available_providers():
            raise Missing("it has no CPU provider")

    def version(self):
        return self.ort.__version__

    def prepare(self, row, threads):
        results = results_of(row)
        text, inputs = _onnx.model(row, results)
        try:
            session = self.ort.InferenceSession(text, self.options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise Unsupported(str(error).splitlines()[0][:150]) from None
        binding = session.io_binding()
        for name in inputs:
            array = row.arrays[name]
            binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        for name, array in zip("yz", results):
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

        def outputs():
            session.run_with_iobinding(binding)
            return results
        return Prepared(lambda: session.run_with_iobinding(binding), outputs)


PEER = OnnxRuntime()
