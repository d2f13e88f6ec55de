# A fake of the loader, so that the suite runs where no GPU is: test/Support/FakeDrivers/README.md.
flex_use_fake(levelzero libze_loader.so.1 "0x7ffffffe,0x70000003,0x70000001")
set(depends FlexFakeLevelZero FlexPairingCompiler)
