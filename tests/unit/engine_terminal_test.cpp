#include "engine/terminal.hpp"

#include <gtest/gtest.h>

namespace phial::engine {
namespace {

TEST(DetachKeys, AreReadAsDockerWritesThem) {
  EXPECT_EQ(parse_detach_keys("ctrl-p,ctrl-q"), std::string("\x10\x11"));
  EXPECT_EQ(parse_detach_keys("a,b"), "ab");
  EXPECT_EQ(parse_detach_keys("ctrl-@,ctrl-[,ctrl-\\,ctrl-]"), std::string("\0\x1b\x1c\x1d", 4));
  EXPECT_EQ(parse_detach_keys("ctrl-^,ctrl-_"), "\x1e\x1f");
  EXPECT_EQ(parse_detach_keys("CTRL-A"), "\x01");
  EXPECT_EQ(parse_detach_keys(""), "");
  EXPECT_FALSE(parse_detach_keys("ctrl-1"));
  EXPECT_FALSE(parse_detach_keys("ctrl-"));
  EXPECT_FALSE(parse_detach_keys("f1"));
}

std::string type(DetachKeys& keys, std::string_view text, bool& detached) {
  std::string out;
  for (char c : text)
    out += keys.filter({&c, 1}, detached);
  return out;
}

TEST(DetachKeys, TheSequenceDetaches) {
  for (bool one_by_one : {false, true}) {
    DetachKeys keys("\x10\x11");
    bool detached = false;
    EXPECT_EQ(one_by_one ? type(keys, "ls\x10\x11", detached) : keys.filter("ls\x10\x11", detached), "ls");
    EXPECT_TRUE(detached);
  }
}

TEST(DetachKeys, WhatOnlyBeginsTheSequenceIsPassedOn) {
  DetachKeys keys("\x10\x11");
  bool detached = false;
  EXPECT_EQ(keys.filter("\x10", detached), "");
  EXPECT_EQ(keys.filter("x", detached), "\x10x");
  EXPECT_EQ(keys.filter("\x10\x10", detached), "\x10");
  EXPECT_EQ(keys.filter("\x11", detached), "");
  EXPECT_TRUE(detached);
}

TEST(DetachKeys, SequencesThatRepeatThemselves) {
  DetachKeys keys("aab");
  bool detached = false;
  EXPECT_EQ(keys.filter("aaab", detached), "a");
  EXPECT_TRUE(detached);
  DetachKeys none("");
  detached = false;
  EXPECT_EQ(none.filter("\x10\x11", detached), "\x10\x11");
  EXPECT_FALSE(detached);
}

} // namespace
} // namespace phial::engine
