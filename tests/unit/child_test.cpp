// Running a program to its end.
#include "base/child.hpp"
#include "base/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
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

TEST(Child, HasEverySignalAsTheKernelMakesIt) {
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN;
  struct sigaction handled{};
  handled.sa_handler = [](int) {};
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  struct sigaction old[3] = {};
  ::sigaction(SIGPIPE, &ignored, &old[0]);
  ::sigaction(SIGRTMIN + 5, &ignored, &old[1]);
  ::sigaction(SIGUSR1, &handled, &old[2]);
  Result<Ended> ended = run_to_end({"/bin/cat", "/proc/self/status"});
  ::sigaction(SIGPIPE, &old[0], nullptr);
  ::sigaction(SIGRTMIN + 5, &old[1], nullptr);
  ::sigaction(SIGUSR1, &old[2], nullptr);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(
      ended.value().out,
      testing::HasSubstr("\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n"));
}

TEST(Child, PassesADescriptorUnderItsNumberAndNoOther) {
  Pipe pipe = make_pipe().value();
  int own = ::fcntl(pipe.write.get(), F_DUPFD, 10); // and not O_CLOEXEC
  const char* const none[] = {nullptr};
  EXPECT_EQ(run_on_our_streams({"/bin/sh", "-c", "echo passed >&3; [ ! -e /proc/$$/fd/" + std::to_string(own) + " ]"},
                               none, own)
                .value(),
            0);
  ::close(own);
  pipe.write.reset();
  EXPECT_EQ(read_all(pipe.read.get()).value(), "passed\n");
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
