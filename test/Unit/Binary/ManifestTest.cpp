//===- ManifestTest.cpp - What a manifest may not say --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Images whose container is right and whose manifest is not: built by replacing
// text in a good manifest and sealing the file again.
//
//===----------------------------------------------------------------------===//
#include "Samples.h"
#include "flex/Binary/Hash.h"

#include <gtest/gtest.h>

#include <cstring>

namespace flex {
namespace {

void put64(std::vector<uint8_t> &bytes, size_t at, uint64_t value) {
  std::memcpy(&bytes[at], &value, 8);
}

/// A file with this manifest and, after it, sections of the given kinds.
std::vector<uint8_t> seal(const std::string &manifest, const std::vector<uint32_t> &kinds = {}) {
  std::vector<uint8_t> bytes(24 + 24 * (1 + kinds.size()));
  std::memcpy(bytes.data(), "FLEXIMG\n", 8);
  bytes[8] = 1;
  bytes[12] = static_cast<uint8_t>(1 + kinds.size());
  for (size_t i = 0; i <= kinds.size(); ++i) {
    bytes.resize((bytes.size() + 63) / 64 * 64);
    bytes[24 + 24 * i] = static_cast<uint8_t>(i ? kinds[i - 1] : 1);
    put64(bytes, 24 + 24 * i + 8, bytes.size());
    size_t size = i ? 64 : manifest.size();
    put64(bytes, 24 + 24 * i + 16, size);
    bytes.resize(bytes.size() + size);
    if (!i)
      std::memcpy(&bytes[bytes.size() - size], manifest.data(), size);
  }
  put64(bytes, 16, bytes.size() + 16);
  ContentDigest digest = contentDigest(bytes.data(), bytes.size());
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return bytes;
}

std::string readMessage(const std::string &manifest, const std::vector<uint32_t> &kinds = {}) {
  std::vector<uint8_t> bytes = seal(manifest, kinds);
  auto image = readImage(bytes.data(), bytes.size());
  return image.isOk() ? "ok" : image.status().message();
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

const char *kGood = R"({"producer":"p","provenance":{},"kernels":[{"name":"k","doc":"","dims":["N"],
 "constraints":[{"kind":"le","lhs":"N","rhs":64,"source":"N <= 64"}],
 "params":[{"name":"x","dtype":"f32","shape":["N"]}],"results":[{"name":"y","dtype":"f32","shape":["N"]}],
 "constants":1,
 "programs":[{"target":"t","format":"f","requires":[],"payload":2,"arena":0,
   "buffers":[{"kind":"param","index":0,"bytes":"4*N"},{"kind":"constant","index":32,"bytes":32}],
   "launches":[{"entry":"e","buffers":[0,1],"dims":["N"],"items":"N","workspace":0,"group_size":1,"group_memory":0,
     "flops":"N","bytes_moved":"8*N",
     "maps":[{"buffer":1,"element_bytes":4,"offset":0,"sizes":["N",8],"pitches":[32],"box":[8,1],"swizzle":32}]}]}]}]})";

TEST(Manifest, GoodOneIsRead) {
  EXPECT_EQ(readMessage(kGood, {3, 2}), "ok");
}

struct BadCase {
  const char *from, *to, *message;
};

class BadManifest : public testing::TestWithParam<BadCase> {};

TEST_P(BadManifest, IsRefused) {
  const BadCase &c = GetParam();
  std::string message = readMessage(replaced(kGood, c.from, c.to), {3, 2});
  EXPECT_NE(message.find(c.message), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadManifest,
    testing::Values(BadCase{R"("producer":"p",)", "", "'producer' is missing"},
                    BadCase{R"("producer":"p")", R"("producer":3)", "'producer' is no text"},
                    BadCase{R"("name":"k")", R"("name":"")", "without a name"},
                    BadCase{R"("dims":["N"])", R"("dims":["N","N"])", "dimension twice"},
                    BadCase{R"("dims":["N"])", R"("dims":["M"])", "unknown dimension 'N'"},
                    BadCase{R"("kind":"le")", R"("kind":"lt")", "unknown constraint 'lt'"},
                    BadCase{R"("rhs":64)", R"("rhs":"64 +")", "expression '64 +'"},
                    BadCase{R"("rhs":64)", R"("rhs":1.5)", "neither a number nor text"},
                    BadCase{R"("rhs":64)", R"("rhs":18446744073709551615)", "neither a number nor text"},
                    BadCase{R"("dtype":"f32")", R"("dtype":"f33")", "unknown dtype 'f33'"},
                    BadCase{R"("dtype":"f32","shape":["N"])", R"("dtype":"f32","shape":[],"default":"x")", "no f32"},
                    BadCase{R"("dtype":"f32","shape":["N"])", R"("dtype":"f32","shape":["N"],"default":"1")", "no f32"},
                    BadCase{R"("name":"y","dtype":"f32")", R"("name":"y","dtype":"f64","alias":0)", "another type"},
                    BadCase{R"("name":"y","dtype":"f32")", R"("name":"y","dtype":"f32","alias":1)", "out of range"},
                    BadCase{R"("arena":0)", R"("arena":0,"in_place":[0])", "in place but over no parameter"},
                    BadCase{R"("constants":1)", R"("constants":1,"strict":1)", "neither true nor false"},
                    BadCase{R"("constants":1)", R"("constants":2)", "another kind"},
                    BadCase{R"("constants":1)", R"("constants":9)", "not there"},
                    BadCase{R"("constants":1)", R"("constants":-1)", "out of range"},
                    BadCase{R"("payload":2)", R"("payload":0)", "out of range"},
                    BadCase{R"("kind":"param","index":0)", R"("kind":"param","index":1)", "out of range"},
                    BadCase{R"("index":32,"bytes":32)", R"("index":32,"bytes":33)", "outside the constants"},
                    BadCase{R"("index":32,"bytes":32)", R"("index":32,"bytes":"N")", "outside the constants"},
                    BadCase{R"("index":32,"bytes":32)", R"("index":65,"bytes":0)", "out of range"},
                    BadCase{R"("buffers":[0,1])", R"("buffers":[0,2])", "buffer that does not exist"},
                    BadCase{R"("entry":"e")", R"("entry":"")", "entry point without a name"},
                    BadCase{R"("maps":[{"buffer":1)", R"("maps":[{"buffer":2)", "out of range"},
                    BadCase{R"("maps":[)", R"("maps":[3,)", "'buffer' is missing"},
                    BadCase{R"("maps":[)", R"("maps":7,"m":[)", "'maps' is no list"},
                    BadCase{R"("element_bytes":4)", R"("element_bytes":3)", "power of two"},
                    BadCase{R"("offset":0)", R"("offset":"M")", "unknown dimension 'M'"},
                    BadCase{R"("sizes":["N",8])", R"("sizes":["N"])", "do not go together"},
                    BadCase{R"("sizes":["N",8])", R"("sizes":[])", "do not go together"},
                    BadCase{R"("sizes":["N",8])", R"("sizes":[1,2,3,4,5,6])", "do not go together"},
                    BadCase{R"("pitches":[32])", R"("pitches":[])", "do not go together"},
                    BadCase{R"("box":[8,1])", R"("box":[8,0])", "empty or longer"},
                    BadCase{R"("box":[8,1])", R"("box":[257,1])", "empty or longer"},
                    BadCase{R"("box":[8,1])", R"("box":[8])", "do not go together"},
                    BadCase{R"("swizzle":32)", R"("swizzle":48)", "not 0, 32, 64 or 128"},
                    BadCase{R"("group_size":1)", R"("group_size":0)", "out of range"},
                    BadCase{R"("requires":[])", R"("requires":[1])", "no text"},
                    BadCase{R"("requires":[])", R"("requires":{})", "no list"}));

TEST(Manifest, SectionNamedTwice) {
  std::string twice = replaced(kGood, R"("programs":[)",
                               R"("programs":[{"target":"t","format":"f","requires":[],"payload":2,"arena":0,
                                  "buffers":[],"launches":[]},)");
  EXPECT_NE(readMessage(twice, {3, 2}).find("used twice"), std::string::npos);
}

TEST(Manifest, NestingAndExpressionBombs) {
  EXPECT_NE(readMessage(std::string(100000, '[')).find("nested"), std::string::npos);
  std::string deep = "\"rhs\":\"" + std::string(3000, '(') + "\"";
  EXPECT_NE(readMessage(replaced(kGood, R"("rhs":64)", deep), {3, 2}).find("nested"), std::string::npos);
  std::string longText = "\"rhs\":\"" + std::string(5000, '1') + "\"";
  EXPECT_NE(readMessage(replaced(kGood, R"("rhs":64)", longText), {3, 2}).find("too long"), std::string::npos);
  EXPECT_NE(readMessage("{\"kernels\":").find("no JSON object"), std::string::npos);
  EXPECT_NE(readMessage("[]").find("no JSON object"), std::string::npos);
}

TEST(Manifest, TextThatIsNoUtf8IsReplacedNotRefused) {
  Image image;
  image.producer = "bad \xff byte";
  std::vector<uint8_t> bytes = writeImage(image);
  auto back = readImage(bytes.data(), bytes.size());
  ASSERT_TRUE(back.isOk());
  EXPECT_EQ(back->producer, "bad \xef\xbf\xbd byte");
}

} // namespace
} // namespace flex
