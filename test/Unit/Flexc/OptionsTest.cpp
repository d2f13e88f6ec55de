//===- OptionsTest.cpp - The command line, word by word -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both spellings of an option, flags, repetition, and what is refused.
//
//===----------------------------------------------------------------------===//
#include "flexc/Options.h"
#include "flexc/Text.h"

#include <gtest/gtest.h>

using namespace flex;
using namespace flex::tool;

namespace {

const std::vector<OptionSpec> kSpecs = {
    {"output", 'o', "FILE", "", true},
    {"device", 'd', "DEVICE", ""},
    {"bench", 0, "SECONDS", "", false, "1"},
    {"quiet", 'q', nullptr, ""},
};

std::string error(const std::vector<std::string> &words) {
  auto options = parseOptions(words, kSpecs, "run");
  return options ? "" : options.status().message();
}

} // namespace

TEST(Options, BothSpellings) {
  auto options =
      parseOptions({"k.flex", "--device=host", "-o", "a", "--output", "b", "-oc", "-q", "x=1"}, kSpecs, "run");
  ASSERT_TRUE(options.isOk());
  EXPECT_EQ(options->words, (std::vector<std::string>{"k.flex", "x=1"}));
  EXPECT_EQ(options->get("device"), "host");
  EXPECT_EQ(options->all("output"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(options->has("quiet"));
  EXPECT_FALSE(options->has("bench"));
}

TEST(Options, OptionalValuesAreAttached) {
  auto plain = parseOptions({"--bench", "k.flex"}, kSpecs, "run");
  ASSERT_TRUE(plain.isOk());
  EXPECT_EQ(plain->get("bench"), "1");
  EXPECT_EQ(plain->words.size(), 1u);
  auto given = parseOptions({"--bench=2"}, kSpecs, "run");
  ASSERT_TRUE(given.isOk());
  EXPECT_EQ(given->get("bench"), "2");
}

TEST(Options, DashesEndOptions) {
  auto options = parseOptions({"--", "--device", "-"}, kSpecs, "run");
  ASSERT_TRUE(options.isOk());
  EXPECT_EQ(options->words, (std::vector<std::string>{"--device", "-"}));
}

TEST(Options, Refused) {
  EXPECT_NE(error({"--devise=x"}).find("did you mean '--device'?"), std::string::npos);
  EXPECT_NE(error({"-x"}).find("unknown option '-x' of 'flexc run'"), std::string::npos);
  EXPECT_NE(error({"--device"}).find("needs a value: --device=DEVICE"), std::string::npos);
  EXPECT_NE(error({"--quiet=1"}).find("takes no value, found '1'"), std::string::npos);
  EXPECT_NE(error({"--device=a", "--device=b"}).find("given twice"), std::string::npos);
  EXPECT_EQ(error({"--device=a", "--device=a", "-q", "-q"}), "");
}

TEST(Text, DidYouMean) {
  EXPECT_EQ(didYouMean("rnu", {"check", "run"}), "; did you mean 'run'?");
  EXPECT_EQ(didYouMean("sed", {"std", "seed"}), "; did you mean 'seed'?");
  EXPECT_EQ(didYouMean("soft", {"softmax", "dense"}), "; did you mean 'softmax'?");
  EXPECT_EQ(didYouMean("zebra", {"check", "run"}), "");
  EXPECT_EQ(didYouMean("x", {"y"}), "");
  EXPECT_EQ(didYouMean("", {"y"}), "");
}

TEST(Text, NumbersAreWholeWords) {
  EXPECT_EQ(parseDouble("1e3"), 1000);
  EXPECT_FALSE(parseDouble("1e3 ").has_value());
}
