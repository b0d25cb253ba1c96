// The program: built, linked, run on the host and in phial-init. No root needed: nothing here makes a namespace.
#include "program/builder.hpp"
#include "program/check_image.hpp"
#include "program/host.hpp"
#include "program/link.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace phial::program {
namespace {

StepText step(std::string what) {
  return {std::move(what), "a test", "", "", ShellPlace::none};
}

Loaded loaded(const Program& program) {
  Result<std::string> bytes = link(program);
  EXPECT_TRUE(bytes);
  Result<Loaded> out = load_image(*bytes, Fd());
  EXPECT_TRUE(out) << out.error().text();
  return std::move(*out);
}

TEST(Program, SectionsAreLaidInTheirOrder) {
  Builder b;
  b.step(Section::init, step("later"));
  b.call(SYS_getpid);
  b.step(Section::host, step("earlier"));
  b.call(SYS_getppid);
  b.call(SYS_getuid);
  Program p = b.finish();
  ASSERT_EQ(p.code.size(), 3U);
  EXPECT_EQ(p.code[0].number, SYS_getppid);
  EXPECT_EQ(p.code[2].number, SYS_getpid);
  EXPECT_EQ(step_of(p, p.code[2]).text.what, "later");
  EXPECT_EQ(p.steps[0].code.count, 2U);
  EXPECT_EQ(p.sections[static_cast<unsigned>(Section::init)].first, 2U);
}

TEST(Program, SlotsCarryResults) {
  Builder b;
  Slot fd = b.slot("file");
  b.step(Section::host, step("open"));
  b.call(SYS_openat, {AT_FDCWD, b.text("/"), O_PATH, 0}).into(fd);
  b.call(SYS_close, {fd});
  Loaded run = loaded(b.finish());
  EXPECT_EQ(run.run(Section::host), 0U);
  EXPECT_EQ(::fcntl(static_cast<int>(run.slot(fd.index)), F_GETFD), -1);
  EXPECT_GE(run.machine().journal->entries[0].result, 0);
}

TEST(Program, ToleratedErrorsGoOnAndOthersNameTheInstruction) {
  Builder b;
  b.step(Section::host, step("rmdir"));
  b.call(SYS_rmdir, {b.text("/nowhere/at/all")}).tolerate(ENOENT);
  b.call(SYS_rmdir, {b.text("/proc")});
  b.call(SYS_getpid);
  Loaded run = loaded(b.finish());
  EXPECT_EQ(run.run(Section::host), 2U);
  EXPECT_EQ(run.machine().journal->failed, 2U);
  EXPECT_NE(run.machine().journal->failed_errno, 0);
  EXPECT_EQ(run.machine().journal->entries[2].begin, 0U);
}

// A structure's padding is whatever lay there before, and would be in the program.
template <class T>
concept TakenAsObject = requires(Builder b, const T& value) { b.object(value); };
static_assert(TakenAsObject<clone_args> && !TakenAsObject<msghdr>);

// What lay on a disk may be anything: it is run only where that ends, and stays within the image.
TEST(Program, ADamagedImageIsNotRun) {
  Builder b;
  b.step(Section::host, StepText());
  Slot slot = b.slot("value");
  Data room = b.room(8);
  Label end;
  b.add(Op::load, {room, 4}).into(slot).then_skip(end);
  b.add(Op::store, {room, slot, 8});
  b.place(end);
  b.call(SYS_mkdir, {b.text("/x"), 0755}).undone_by_call(SYS_rmdir, {b.text("/x")}, StepText());
  std::string image = *link(b.finish());
  ASSERT_TRUE(check_image(image));
  ImageHeader header = *check_image(image);
  auto damaged = [&](std::size_t instruction, auto change) {
    std::string bytes = image;
    Instruction changed;
    char* at = bytes.data() + header.code + instruction * sizeof changed;
    std::memcpy(&changed, at, sizeof changed);
    change(changed);
    std::memcpy(at, &changed, sizeof changed);
    return !check_image(bytes) && !undo_image(bytes, "");
  };
  EXPECT_TRUE(damaged(0, [](Instruction& i) { i.target = 0; })) << "a jump back";
  EXPECT_TRUE(damaged(0, [](Instruction& i) { i.target = 4; })) << "a jump out of its section";
  EXPECT_TRUE(damaged(0, [](Instruction& i) { i.result = 1; })) << "a slot there is not";
  EXPECT_TRUE(damaged(0, [](Instruction& i) { i.args[1] = 9; })) << "a wider number";
  EXPECT_TRUE(damaged(1, [](Instruction& i) { i.args[1] = 1; })) << "a slot there is not";
  EXPECT_TRUE(damaged(1, [](Instruction& i) { i.args[0] = kImageBase; })) << "a write into the header";
  EXPECT_TRUE(damaged(1, [&](Instruction& i) { i.args[0] = kImageBase + header.size - 7; }))
      << "a write behind the end";
  EXPECT_TRUE(damaged(1, [](Instruction& i) { i.kinds = 0; })) << "a write to any address";
  EXPECT_TRUE(damaged(2, [](Instruction& i) { i.op = static_cast<Op>(99); })) << "no operation";
  EXPECT_TRUE(damaged(3, [](Instruction& i) { i.target = 9; })) << "an undo of nothing";
  EXPECT_FALSE(check_image(std::string_view(image).substr(0, image.size() - 1)));
}

TEST(Program, JumpsLeadForward) {
  Builder b;
  Label there;
  b.step(Section::host, step("skip"));
  b.call(SYS_getpid).then_skip(there);
  b.call(SYS_rmdir, {b.text("/proc")});
  b.place(there);
  Label recovered;
  b.call(SYS_rmdir, {b.text("/proc")}).or_else(recovered);
  b.call(SYS_getpid);
  b.place(recovered);
  b.call(SYS_getuid);
  Loaded run = loaded(b.finish());
  EXPECT_EQ(run.run(Section::host), 0U);
  EXPECT_EQ(run.machine().journal->entries[1].begin, 0U);
  EXPECT_EQ(run.machine().journal->entries[3].begin, 0U);
  EXPECT_NE(run.machine().journal->entries[4].begin, 0U);
}

TEST(Program, OnlyAPathThatLeadsToNothingGoesElsewhere) {
  Builder b;
  b.step(Section::host, step("look"));
  for (int number : {ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, ENOMEM}) {
    Label next;
    b.add(Op::fail, {number});
    b.elsewhere(next);
    b.place(next);
  }
  b.call(SYS_getpid);
  Loaded run = loaded(b.finish());
  EXPECT_EQ(run.run(Section::host), 6U);
  EXPECT_EQ(run.machine().journal->failed_errno, ENOMEM);
  EXPECT_EQ(run.machine().journal->entries[6].begin, 0U);
}

TEST(Program, UndoRunsBackwardsOverWhatWasMade) {
  std::string base = "/tmp/phial-undo-" + std::to_string(::getpid());
  Builder b;
  b.step(Section::host, step("make"));
  b.call(SYS_mkdir, {b.text(base), 0700}).undone_by_call(SYS_rmdir, {b.text(base)}, step("remove base"));
  b.call(SYS_mkdir, {b.text(base + "/a"), 0700}).undone_by_call(SYS_rmdir, {b.text(base + "/a")}, step("remove a"));
  b.call(SYS_mkdir, {b.text("/proc/x"), 0700}).undone_by_call(SYS_rmdir, {b.text("/proc/x")}, step("remove x"));
  Program p = b.finish();
  EXPECT_EQ(p.steps[1].text.what, "remove x");
  EXPECT_EQ(p.steps[3].text.what, "remove base");
  Loaded run = loaded(p);
  EXPECT_EQ(run.run(Section::host), 3U);
  (void)run.undo();
  EXPECT_EQ(::access(base.c_str(), F_OK), -1);
}

TEST(Program, AFailedMkdirOfSomebodyElsesDirectoryIsNotUndone) {
  std::string base = "/tmp/phial-theirs-" + std::to_string(::getpid());
  ASSERT_EQ(::mkdir(base.c_str(), 0700), 0);
  Builder b;
  b.step(Section::host, step("make"));
  b.call(SYS_mkdir, {b.text(base), 0700}).tolerate(EEXIST).undone_by_call(SYS_rmdir, {b.text(base)}, step("remove"));
  Loaded run = loaded(b.finish());
  EXPECT_EQ(run.run(Section::host), 0U);
  (void)run.undo();
  EXPECT_EQ(::rmdir(base.c_str()), 0);
}

// A program whose init writes through an inherited descriptor and becomes /bin/sh.
struct Child {
  Builder b;
  Slot init = b.slot("init");
  Slot pid = b.slot("pid");
  Slot sync = b.slot("sync");

  Child(int socket_host, int socket_init) {
    b.known().program = b.slot("program").index;
    b.known().journal = b.slot("journal").index;
    clone_args arguments{};
    arguments.flags = CLONE_VM | CLONE_VFORK;
    arguments.exit_signal = SIGCHLD;
    b.step(Section::host, step("spawn"));
    b.add(Op::load_init).into(init);
    b.add(Op::spawn, {b.object(arguments), init}).into(pid);
    b.step(Section::beside, step("release"));
    b.call(SYS_close, {socket_init});
    b.add(Op::post, {socket_host, 'r'});
    b.step(Section::init, step("wait"));
    b.add(Op::wait, {socket_init, 'r'});
  }
};

TEST(Program, InitRunsItsSectionAndBecomesTheProgram) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  Child child(ends[0], ends[1]);
  Builder& b = child.b;
  std::string argv[] = {"sh", "-c", "exit 42"};
  b.step(Section::start, step("exec"));
  b.call(SYS_execve, {b.text("/nowhere/sh"), b.strings(argv), b.strings({})}).tolerate(ENOENT);
  b.call(SYS_execve, {b.text("/bin/sh"), b.strings(argv), b.strings({})});
  Loaded run = loaded(b.finish());
  ASSERT_EQ(run.run(Section::host), 0U);
  ASSERT_EQ(run.run(Section::beside), 0U);
  int status = 0;
  ASSERT_GT(::waitpid(static_cast<pid_t>(run.slot(child.pid.index)), &status, 0), 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(run.machine().journal->failed, 0U);
  ::close(ends[0]);
}

TEST(Program, InitReportsWhatFailed) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  Child child(ends[0], ends[1]);
  Builder& b = child.b;
  b.step(Section::start, step("exec"));
  b.call(SYS_execve, {b.text("/nowhere/sh"), b.strings({}), b.strings({})});
  Program p = b.finish();
  Loaded run = loaded(p);
  ASSERT_EQ(run.run(Section::host), 0U);
  ASSERT_EQ(run.run(Section::beside), 0U);
  int status = 0;
  ASSERT_GT(::waitpid(static_cast<pid_t>(run.slot(child.pid.index)), &status, 0), 0);
  EXPECT_EQ(WEXITSTATUS(status), 125);
  EXPECT_EQ(run.machine().journal->failed, p.code.size());
  EXPECT_EQ(run.machine().journal->failed_errno, ENOENT);
  ::close(ends[0]);
}

TEST(Program, InitEndsWithTheHost) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  Child child(ends[0], ends[1]);
  Loaded run = loaded(child.b.finish());
  ASSERT_EQ(run.run(Section::host), 0U);
  ::close(ends[1]);
  ::close(ends[0]); // the host is gone before it released the init
  int status = 0;
  ASSERT_GT(::waitpid(static_cast<pid_t>(run.slot(child.pid.index)), &status, 0), 0);
  EXPECT_EQ(run.machine().journal->failed_errno, EPIPE);
}

} // namespace
} // namespace phial::program
