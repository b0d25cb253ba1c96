#include "base/text.hpp"

#include <gtest/gtest.h>

namespace phial {
namespace {

TEST(Text, SizesAreDockers) {
  EXPECT_EQ(parse_size("64m"), 64U << 20);
  EXPECT_EQ(parse_size("1.5k"), 1536U);
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("1GiB"), 1U << 30);
  EXPECT_EQ(parse_size("10b"), 10U);
  EXPECT_FALSE(parse_size("m"));
  EXPECT_FALSE(parse_size("1x"));
  EXPECT_FALSE(parse_size("-1"));
  EXPECT_FALSE(parse_size("1kk"));
}

TEST(Text, NearestFindsSlipsOnly) {
  constexpr std::string_view kWords[] = {"RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_CORE"};
  EXPECT_EQ(nearest("RLIMIT_NOFILES", kWords), "RLIMIT_NOFILE");
  EXPECT_EQ(nearest("RLIMIT_CROE", kWords), "RLIMIT_CORE");
  EXPECT_FALSE(nearest("xyz", kWords));
  constexpr std::string_view kShells[] = {"bash", "dash"};
  EXPECT_EQ(nearest("bahs", kShells), "bash") << "two neighbours that changed places are one slip";
}

TEST(Text, ShellQuote) {
  EXPECT_EQ(shell_quote("plain/word"), "plain/word");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote(""), "''");
}

} // namespace
} // namespace phial
