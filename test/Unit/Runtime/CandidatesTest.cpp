//===- CandidatesTest.cpp - Schedules worth measuring ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is read of a module of groups, what lies near a schedule, and the texts.
//
//===----------------------------------------------------------------------===//
#include "Tuning/Candidates.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace flex::rt {
namespace {

constexpr char kModule[] = R"(module {
  flex.kernel @k(%arg0: !flex.tensor<f32[M, N]>) {
    %0 = flex.group "k_0" outer ["i", "j"] schedule {collapse = 1 : i64, lane = "j", "lane-tile" = 48 : i64, lanes = 16 : i64, pack = true, rows = 8 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 0 : i64, vectors = 3 : i64} -> !flex.tensor<f32[M, N]> {
    }
    %1 = flex.group "plain" outer ["i"] -> !flex.tensor<f32[M]> {
    }
    %2 = flex.group "k_1" outer ["i"] schedule {strategy = "rows", lanes = 16 : i64, vectors = 4 : i64, "item-rows" = 2 : i64} {
    }
  }
})";

bool contains(const std::vector<ScheduleKeys> &all, const ScheduleKeys &keys) {
  return std::find(all.begin(), all.end(), keys) != all.end();
}

TEST(CandidatesTest, ReadsTheLaunchesThatHaveSchedules) {
  auto launches = scheduledLaunches(kModule);
  ASSERT_EQ(launches.size(), 2u);
  EXPECT_EQ(launches[0].first, "k_0");
  EXPECT_EQ(launches[0].second, (ScheduleKeys{{"collapse", "1"},
                                              {"lane", "j"},
                                              {"lane_tile", "48"},
                                              {"lanes", "16"},
                                              {"pack", "true"},
                                              {"rows", "8"},
                                              {"strategy", "tile"},
                                              {"unroll", "i"},
                                              {"unroll_tile", "0"},
                                              {"vectors", "3"}}));
  EXPECT_EQ(launches[1].first, "k_1");
  EXPECT_EQ(launches[1].second.at("item_rows"), "2");
  EXPECT_TRUE(scheduledLaunches("flex.group \"").empty());
  EXPECT_TRUE(scheduledLaunches("flex.group \"x\" schedule {").empty());
}

TEST(CandidatesTest, SizesFollowTheRegisterTile) {
  auto near = neighboursOf(scheduledLaunches(kModule)[0].second);
  EXPECT_TRUE(contains(near, {{"rows", "6"}, {"vectors", "4"}, {"lane_tile", "64"}}));
  EXPECT_TRUE(contains(near, {{"pack", "false"}}));
  EXPECT_TRUE(contains(near, {{"lane_tile", "96"}}));
  EXPECT_TRUE(contains(near, {{"lane", "i"}, {"unroll", "j"}, {"pack", "false"}}));
  EXPECT_LT(near.size(), 25u);
  for (const ScheduleKeys &keys : near)
    EXPECT_FALSE(keys.empty());
  ScheduleKeys blocked = changed(scheduledLaunches(kModule)[0].second, {{"unroll_tile", "64"}});
  for (const ScheduleKeys &keys : neighboursOf(blocked)) {
    ScheduleKeys all = changed(blocked, keys);
    EXPECT_EQ(std::stoi(all["unroll_tile"]) % std::stoi(all["rows"]), 0) << keysText(keys);
    EXPECT_EQ(std::stoi(all["lane_tile"]) % (16 * std::stoi(all["vectors"])), 0) << keysText(keys);
  }
}

TEST(CandidatesTest, RowsHaveNoTiles) {
  auto near = neighboursOf(scheduledLaunches(kModule)[1].second);
  EXPECT_TRUE(contains(near, {{"vectors", "8"}}));
  EXPECT_TRUE(contains(near, {{"prefetch", "true"}}));
  EXPECT_TRUE(contains(near, {{"item_rows", "4"}}));
  for (const ScheduleKeys &keys : near)
    EXPECT_FALSE(keys.count("pack") || keys.count("rows") || keys.count("unroll")) << keysText(keys);
}

TEST(CandidatesTest, Texts) {
  ScheduleKeys base = {{"pack", "true"}, {"rows", "8"}, {"vectors", "3"}};
  ScheduleKeys other = {{"pack", "false"}, {"rows", "6"}, {"vectors", "3"}, {"prefetch", "false"}};
  EXPECT_EQ(difference(base, other), (ScheduleKeys{{"pack", "false"}, {"rows", "6"}}));
  EXPECT_EQ(difference(base, base), ScheduleKeys());
  EXPECT_EQ(keysText(difference(base, other)), "pack false, rows 6");
  EXPECT_EQ(optionText({{"a_0", {{"rows", "6"}}}, {"a_1", {}}, {"a_2", {{"pack", "true"}, {"vectors", "4"}}}}),
            "a_0 {rows 6}; a_2 {pack true, vectors 4}");
}

} // namespace
} // namespace flex::rt
