"""OpenVINO's CPU plugin on the models of _onnx.py, with f32 kept (it would take bf16 where the machine has it), on the caller's memory."""

from peers import Peer, Prepared, Unsupported, _onnx, module
from peers._native import results_of


class OpenVino(Peer):
    name = "OpenVINO"
    pip = ("openvino", "onnx")

    def load(self, threads):
        self.ov = module("openvino")
        module("onnx")
        self.core = self.ov.Core()

    def version(self):
        return self.ov.get_version().split("-")[0]

    def prepare(self, row, threads):
        results = results_of(row)
        text, inputs = _onnx.model(row, results)
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}
        try:
            request = self.core.compile_model(self.core.read_model(model=text), "CPU", settings).create_infer_request()
            for i, name in enumerate(inputs):
                request.set_input_tensor(i, self.ov.Tensor(row.arrays[name], shared_memory=True))
            for i, array in enumerate(results):
                request.set_output_tensor(i, self.ov.Tensor(array, shared_memory=True))
        except Exception as error:
            raise Unsupported(str(error).strip().splitlines()[-1][:150]) from None

        def outputs():
            request.infer()
            return results
        return Prepared(lambda: request.infer(share_inputs=True, share_outputs=True), outputs)


PEER = OpenVino()
