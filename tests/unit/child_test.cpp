// Running a program to its end.
#include "base/child.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace phial {
namespace {

TEST(Child, SaysWhatItWroteAndHowItEnded) {
  Result<Ended> ended = run_to_end({"/bin/sh", "-c", "cat; echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(ended) << ended.error().text();
  EXPECT_EQ(ended->status, 3);
  EXPECT_EQ(ended->out, "out\n");
  EXPECT_EQ(ended->err, "err\n");
}

TEST(Child, ASignalIsToldAsAShellTellsIt) {
  EXPECT_EQ(run_to_end({"/bin/sh", "-c", "kill -9 $$"}).value().status, 137);
}

TEST(Child, HasOnlyTheStandardDescriptorsAndNoEnvironment) {
  int inheritable = ::fcntl(1, F_DUPFD, 20);
  Result<Ended> ended = run_to_end(
      {"/bin/sh", "-c", "for n in 3 4 5 6 7 8 9 20 21 22; do [ ! -e /proc/$$/fd/$n ] || echo $n; done; echo $HOME"});
  ::close(inheritable);
  EXPECT_EQ(ended.value().out, "\n");
}

TEST(Child, MuchOutputBlocksNobody) {
  Result<Ended> ended = run_to_end({"/bin/sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"});
  ASSERT_TRUE(ended);
  EXPECT_GE(ended->out.size(), 65536U);
  EXPECT_LE(ended->out.size(), 65536U + 4096U);
}

TEST(Child, AMissingProgramIsAnError) {
  Result<Ended> ended = run_to_end({"/nowhere/program"});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().number, ENOENT);
}

} // namespace
} // namespace phial
