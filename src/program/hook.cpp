#include "program/hook.hpp"

#include "base/raw_call.hpp"

#include <asm/unistd.h>
#include <linux/errno.h>

namespace phial::program {

namespace {

constexpr std::uint64_t kCloseOnExec = 02000000; // O_CLOEXEC
constexpr std::uint64_t kSignalChild = 17;
constexpr std::uint64_t kSignalKill = 9;
constexpr std::uint64_t kLastSignal = 64;
constexpr std::uint64_t kClonePidfd = 0x1000;
constexpr std::uint64_t kSetMask = 2; // SIG_SETMASK

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

std::uint64_t number(long descriptor) {
  return static_cast<std::uint64_t>(descriptor);
}

void close(long descriptor) {
  raw_call(__NR_close, number(descriptor));
}

// A file, not a pipe: a hook that does not read it blocks nobody. memfd_create(2).
long make_input(std::uint64_t text, std::uint64_t size) {
  static const char kName[] = "state";
  long file = raw_call(__NR_memfd_create, address(kName), 1 /* MFD_CLOEXEC */);
  if (file < 0)
    return file;
  while (size > 0) {
    long written = raw_call(__NR_write, number(file), text, size);
    if (written == -EINTR)
      continue;
    if (written <= 0) {
      close(file);
      return written < 0 ? written : -EIO;
    }
    text += static_cast<std::uint64_t>(written);
    size -= static_cast<std::uint64_t>(written);
  }
  if (long result = raw_call(__NR_lseek, number(file), 0, 0); result < 0) {
    close(file);
    return result;
  }
  return file;
}

// The child: never returns. Its errno goes into the pipe; the exec closes that.
[[noreturn]] void become(const std::uint64_t* args, long input, long report) {
  const std::uint64_t standard[4] = {}; // handler, flags, restorer, mask; zero is the default
  for (std::uint64_t signal = 1; signal <= kLastSignal; ++signal)
    raw_call(__NR_rt_sigaction, signal, address(standard), 0, 8);
  const std::uint64_t no_signals = 0;
  long result = raw_call(__NR_rt_sigprocmask, kSetMask, address(&no_signals), 0, 8);
  if (result >= 0)
    result = raw_call(__NR_dup3, number(input), 0, 0);
  if (result >= 0)
    result = raw_call(__NR_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
  if (result >= 0)
    result = raw_call(__NR_execve, args[0], args[1], args[2]);
  auto failed = static_cast<std::int32_t>(result);
  raw_call(__NR_write, number(report), address(&failed), sizeof failed);
  for (;;)
    raw_call(__NR_exit_group, 127);
}

struct PollDescriptor {
  std::int32_t descriptor;
  std::int16_t events;
  std::int16_t got;
};

// 1 once the process has ended, 0 when the time is over. ppoll(2) leaves in `left` what remains of it.
long await_end(long process, std::uint64_t seconds) {
  std::uint64_t left[2] = {seconds, 0};
  for (;;) {
    PollDescriptor end{static_cast<std::int32_t>(process), 1 /* POLLIN */, 0};
    long ready = raw_call(__NR_ppoll, address(&end), 1, seconds == 0 ? 0 : address(left), 0, 0, 0);
    if (ready != -EINTR)
      return ready;
  }
}

long collect(long pid) {
  std::int32_t status = 0;
  long ended = -EINTR;
  while (ended == -EINTR)
    ended = raw_call(__NR_wait4, number(pid), address(&status), 0, 0);
  if (ended < 0)
    return ended;
  if ((status & 0x7f) != 0)
    return -(kHookSignalled + (status & 0x7f));
  int exit = (status >> 8) & 0xff;
  return exit == 0 ? 0 : -(kHookExited + exit);
}

// What the exec said: 0 where it succeeded.
long await_exec(long report) {
  std::int32_t failed = 0;
  long n = -EINTR;
  while (n == -EINTR)
    n = raw_call(__NR_read, number(report), address(&failed), sizeof failed);
  return n < 0 ? n : n == sizeof failed ? failed : 0;
}

long run_with(const std::uint64_t* args, long input, const std::int32_t* report) {
  std::int32_t process = -1;
  long pid = raw_call(__NR_clone, kSignalChild | kClonePidfd, 0, address(&process), 0, 0);
  if (pid == 0)
    become(args, input, report[1]);
  close(report[1]);
  if (pid < 0)
    return pid;
  long failed = await_exec(report[0]);
  long ended = 1;
  if (failed == 0)
    ended = await_end(process, args[3]);
  if (ended <= 0)
    raw_call(__NR_pidfd_send_signal, number(process), kSignalKill, 0, 0);
  long status = collect(pid);
  close(process);
  if (failed != 0)
    return failed;
  return ended == 0 ? -kHookTimedOut : status;
}

} // namespace

long run_hook(const std::uint64_t* args) {
  std::int32_t report[2] = {-1, -1};
  long input = make_input(args[4], args[5]);
  if (input < 0)
    return input;
  long result = raw_call(__NR_pipe2, address(report), kCloseOnExec);
  if (result >= 0) {
    result = run_with(args, input, report);
    close(report[0]);
  }
  close(input);
  return result;
}

} // namespace phial::program
