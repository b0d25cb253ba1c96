#include "engine/ids.hpp"
#include "engine/record.hpp"

#include <gtest/gtest.h>

namespace phial::engine {
namespace {

TEST(Record, RunningRoundTrip) {
  Running running{.pid = 12, .pid_start = 345, .monitor = 11, .monitor_start = 344, .boot = "abc-def", .started = 99};
  auto read = parse_running(running_text(running));
  ASSERT_TRUE(read);
  EXPECT_EQ(running_text(*read), running_text(running));
  EXPECT_FALSE(parse_running("pid 12"));
  EXPECT_FALSE(parse_running("pid x\n"));
  EXPECT_FALSE(parse_running(""));
  EXPECT_FALSE(parse_running("monitor 3\n"));
  EXPECT_TRUE(parse_running("pid 12\nnew-thing of another version\n"));
}

TEST(Record, ExitRoundTripKeepsOneLine) {
  auto read = parse_exit(exit_text({.code = 137, .finished = 5, .oom_killed = true, .error = "a\nb c"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, 137);
  EXPECT_TRUE(read->oom_killed);
  EXPECT_EQ(read->error, "a b c");
}

TEST(Ids, AreWellFormedAndDiffer) {
  auto one = new_id();
  auto two = new_id();
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_TRUE(is_id(*one));
  EXPECT_TRUE(may_be_id(one->substr(0, 3)));
  EXPECT_FALSE(may_be_id("xyz"));
  EXPECT_FALSE(may_be_id(""));
  EXPECT_FALSE(is_id(one->substr(1)));
}

TEST(Ids, NamesFollowTheRule) {
  EXPECT_TRUE(check_name("web-1.x_y"));
  EXPECT_FALSE(check_name("a"));
  EXPECT_FALSE(check_name(""));
  EXPECT_FALSE(check_name(".hidden"));
  EXPECT_FALSE(check_name("a/b"));
  EXPECT_FALSE(check_name("../x"));
  EXPECT_FALSE(check_name("a\nb"));
  for (std::uint64_t number = 0; number < 7000; ++number)
    ASSERT_TRUE(check_name(name_of_number(number, 4)));
}

} // namespace
} // namespace phial::engine
