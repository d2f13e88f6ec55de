# A fake of the library, so that the suite runs where no GPU is: test/Support/FakeDrivers/README.md. On a real one: scripts/device-check.
flex_use_fake(cuda libcuda.so.1 "999,2,719")
set(depends FlexFakeCuda FlexPairingCompiler)
