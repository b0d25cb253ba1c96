// The journal as a report: times, results, failures, and the errors made from them.
#include "program/journal_report.hpp"

#include "golden.hpp"
#include "program/causes.hpp"
#include "program/failure.hpp"
#include "program/print_json.hpp"
#include "sample_program.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <linux/sched.h>
#include <sys/syscall.h>

namespace phial::program {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A journal in which every instruction up to `count` took 10 ticks of 100 ns, begun 20 ticks after one another.
struct Recorded {
  std::string text; // the journal's bytes

  Recorded(const Program& program, std::size_t count)
      : text(journal_size(static_cast<std::uint32_t>(program.code.size())), '\0') {
    journal().magic = kJournalMagic;
    journal().count = static_cast<std::uint32_t>(program.code.size());
    journal().first_nanoseconds = 1000;
    journal().first_ticks = 1000;
    journal().last_nanoseconds = 101000;
    journal().last_ticks = 2000;
    for (std::size_t i = 0; i < count; ++i)
      journal().entries[i] = {0, 1000 + 20 * i, 1010 + 20 * i};
  }
  Journal& journal() { return *reinterpret_cast<Journal*>(text.data()); }
};

std::uint32_t find_call(const Program& program, long number) {
  for (std::uint32_t i = 0; i < program.code.size(); ++i)
    if (program.code[i].op == Op::call && program.code[i].number == number)
      return i;
  ADD_FAILURE() << "no call " << number;
  return 0;
}

TEST(JournalReport, TicksBecomeMicroseconds) {
  Program program = sample_program();
  Recorded recorded(program, 5);
  Result<JournalReport> report = read_journal(program, recorded.text);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_DOUBLE_EQ(report->instructions[0].microseconds, 1.0);
  EXPECT_DOUBLE_EQ(report->steps[0].microseconds, 5.0);
  EXPECT_FALSE(report->steps[1].begun);
  EXPECT_DOUBLE_EQ(report->microseconds, 9.0);
  EXPECT_EQ(report->calls, 5U);
}

TEST(JournalReport, RefusesWhatIsNoJournalOfTheProgram) {
  Program program = sample_program();
  EXPECT_FALSE(read_journal(program, "short"));
  Recorded recorded(program, 0);
  recorded.journal().count = 3;
  EXPECT_FALSE(read_journal(program, recorded.text));
}

TEST(JournalReport, Golden) {
  Program program = sample_program();
  Recorded recorded(program, program.code.size() - 1);
  JournalReport report = *read_journal(program, recorded.text);
  expect_golden(print_timings(program, report), "program/sample.timings");
  expect_golden(to_text(timings_json(program, report), 2) + "\n", "program/sample.timings.json");
}

TEST(PrintJson, Golden) {
  expect_golden(print_json(sample_program()), "program/sample.json");
}

TEST(Failure, NamesStepReasonCallAndErrno) {
  Program program = sample_program();
  Error error = failure(program, find_call(program, SYS_move_mount), ENOTDIR);
  EXPECT_EQ(error.kind, Kind::system);
  EXPECT_EQ(error.text(), "step 7 of 11: mount proc on /proc (config.json: mounts[0]): "
                          "move_mount($proc, \"\", $target, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH) = "
                          "ENOTDIR: Not a directory");
  EXPECT_THAT(error.hint, HasSubstr("a directory was to be mounted on a file"));
}

TEST(Failure, OfTheLastCallTellsWhatIsWrongWithTheCommand) {
  Program program = sample_program();
  std::uint32_t first = find_call(program, SYS_execve);
  Error missing = failure(program, first + 1, ENOENT);
  EXPECT_EQ(missing.kind, Kind::command_missing);
  EXPECT_EQ(missing.hint, "none of these exists in the container's root: /usr/bin/sh, /bin/sh");
  EXPECT_THAT(missing.text(), Not(HasSubstr("secret")));
  EXPECT_EQ(failure(program, first + 1, EACCES).kind, Kind::command_invalid);
  EXPECT_EQ(failure(program, first + 1, ENOEXEC).kind, Kind::command_invalid);
  EXPECT_EQ(failure(program, first + 1, ENOMEM).kind, Kind::system);
}

TEST(Failure, AFileThatIsThereButNotExecutableIsTold) {
  Program program = sample_program();
  std::uint32_t first = find_call(program, SYS_execve);
  Recorded recorded(program, first + 2);
  recorded.journal().entries[first].result = -EACCES;
  recorded.journal().entries[first + 1].result = -ENOENT;
  recorded.journal().failed = first + 2;
  recorded.journal().failed_errno = ENOENT;
  Error error = failure(program, *read_journal(program, recorded.text));
  EXPECT_EQ(error.kind, Kind::command_invalid);
  EXPECT_EQ(error.number, EACCES);
  EXPECT_THAT(error.call, HasSubstr("/usr/bin/sh"));
}

TEST(Failure, OfAJournalThatTellsOfNone) {
  Program program = sample_program();
  EXPECT_EQ(failure(program, *read_journal(program, Recorded(program, 0).text)).kind, Kind::internal);
}

TEST(Causes, TheMoreSpecialComesFirst) {
  auto causes = causes_of("clone3", EPERM, "clone3({flags=CLONE_NEWUSER|CLONE_NEWNS}, 88)");
  ASSERT_EQ(causes.size(), 2U);
  EXPECT_EQ(causes[0].where, "CLONE_NEWUSER");
  EXPECT_TRUE(causes_of("getpid", EPERM, "getpid()").empty());
}

} // namespace
} // namespace phial::program
