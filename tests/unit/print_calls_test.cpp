// The program as calls: whole texts, so that a change of what a person reads is seen.
#include "program/print_calls.hpp"
#include "program/print_shell.hpp"

#include "golden.hpp"
#include "sample_program.hpp"

#include <gtest/gtest.h>

namespace phial::program {
namespace {

TEST(PrintCalls, Golden) {
  expect_golden(print_calls(sample_program(), {Colour::none, 100}), "program/sample.calls");
}

TEST(PrintCalls, GoldenInColourOnANarrowTerminal) {
  expect_golden(print_calls(sample_program(), {Colour::ansi, 60}), "program/sample.calls.colour");
}

TEST(PrintCalls, NoLineIsWiderThanTheTerminal) {
  std::string text = print_calls(sample_program(), {Colour::none, 80});
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 80U) << text.substr(at, end - at);
    at = end + 1;
  }
}

TEST(PrintShell, Golden) {
  expect_golden(print_shell(sample_program()), "program/sample.shell");
}

TEST(PrintCalls, CountsWhatRuns) {
  Counts counts = count(sample_program());
  EXPECT_EQ(counts.steps, 11U);
  EXPECT_EQ(counts.calls, 23U);
  EXPECT_EQ(counts.operations, 5U);
  EXPECT_EQ(counts.undo, 1U);
}

TEST(Layout, WrapsOutsideOfQuotesOnly) {
  EXPECT_EQ(wrap("write($f, \"a b c d e f\", 11)", 14, 14),
            (std::vector<std::string>{"write($f,", "\"a b c d e f\",", "11)"}));
  EXPECT_EQ(wrap("A|B|C", 4, 3), (std::vector<std::string>{"A|B|", "C"}));
  EXPECT_EQ(wrap("\"\\\" \" x", 3, 3), (std::vector<std::string>{"\"\\\" \"", "x"}));
}

} // namespace
} // namespace phial::program
