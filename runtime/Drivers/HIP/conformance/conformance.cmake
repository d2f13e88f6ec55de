# A fake of the library, so that the suite runs where no GPU is: test/Support/FakeDrivers/README.md.
flex_use_fake(hip libamdhip64.so.6 "999,2,719")
set(depends FlexFakeHip FlexPairingCompiler)
