#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace phial {
namespace {

TEST(Clock, TimeTextIsRfc3339) {
  EXPECT_EQ(time_string(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(time_string(1795350052LL * kSecond + 123456789), "2026-11-22T12:20:52.123456789Z");
  EXPECT_EQ(time_string(951782399LL * kSecond), "2000-02-28T23:59:59.000000000Z");
  EXPECT_EQ(time_string(951782400LL * kSecond), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(time_string(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(Clock, ParseTimeIsItsInverse) {
  for (std::int64_t time : {0LL, 951782400123456789LL, 1795350052123456789LL, 4102444799999999999LL})
    EXPECT_EQ(parse_time(time_string(time)), time);
  EXPECT_EQ(parse_time("2026-11-22T13:40:52+02:00"), 1795347652LL * kSecond);
  EXPECT_EQ(parse_time("2026-11-22T11:40:52.5Z"), 1795347652LL * kSecond + kSecond / 2);
  EXPECT_FALSE(parse_time("2026-11-22"));
  EXPECT_FALSE(parse_time("2026-13-22T11:40:52Z"));
  EXPECT_FALSE(parse_time("2026-11-22T11:40:52"));
  EXPECT_FALSE(parse_time("2026-11-22T11:40:52Zx"));
  EXPECT_FALSE(parse_time("0001-01-01T00:00:00Z")); // Go's zero: before what 64 bits of nanoseconds reach
  EXPECT_FALSE(parse_time("9999-12-31T23:59:59.9Z"));
}

TEST(Clock, MomentsAreDockers) {
  EXPECT_EQ(parse_moment("2026-11-22", 0), parse_time("2026-11-22T00:00:00Z"));
  EXPECT_EQ(parse_moment("2026-11-22T11:40", 0), parse_time("2026-11-22T11:40:00Z"));
  EXPECT_EQ(parse_moment("10m", 1000 * kSecond), 400 * kSecond);
  EXPECT_EQ(parse_moment("1h30m", 10000 * kSecond), 4600 * kSecond);
  EXPECT_EQ(parse_moment("1795347652.25", 0), 1795347652LL * kSecond + kSecond / 4);
  EXPECT_FALSE(parse_moment("yesterday", 0));
  EXPECT_FALSE(parse_moment("", 0));
  EXPECT_FALSE(parse_moment("10x", 0));
}

TEST(Clock, HumanDurationIsDockers) {
  EXPECT_EQ(human_duration(kSecond / 2), "Less than a second");
  EXPECT_EQ(human_duration(kSecond), "1 second");
  EXPECT_EQ(human_duration(59 * kSecond), "59 seconds");
  EXPECT_EQ(human_duration(60 * kSecond), "About a minute");
  EXPECT_EQ(human_duration(120 * kSecond), "2 minutes");
  EXPECT_EQ(human_duration(3600 * kSecond), "About an hour");
  EXPECT_EQ(human_duration(3 * 3600 * kSecond), "3 hours");
  EXPECT_EQ(human_duration(49 * 3600 * kSecond), "2 days");
  EXPECT_EQ(human_duration(15 * 86400 * kSecond), "2 weeks");
}

} // namespace
} // namespace phial
