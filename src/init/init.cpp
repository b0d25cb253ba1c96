// phial-init: runs the container's half of a program and then becomes the container's process. Freestanding: no libc,
// no heap, no state beyond the program it is handed. argv: its name, the program's descriptor, the program's size.
#include "base/raw_call.hpp"
#include "program/interpreter.hpp"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/wait.h>

namespace {

using namespace phial;
using namespace phial::program;

constexpr std::uint64_t kSignalChild = 17;
constexpr std::uint64_t kProtRead = 1;
constexpr std::uint64_t kProtWrite = 2;

[[noreturn]] void leave(int status) {
  for (;;)
    raw_call(__NR_exit_group, static_cast<std::uint64_t>(status));
}

std::uint64_t decimal(const char* text) {
  std::uint64_t value = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    value = value * 10 + static_cast<std::uint64_t>(*text - '0');
  return value;
}

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

// What says that the machine is short of something, or that one connection came to nothing: accept(2).
bool may_pass(long result) {
  constexpr int kPasses[] = {EINTR, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOMEM, ENOBUFS};
  for (int number : kPasses)
    if (result == -number)
      return true;
  return false;
}

// Not at once again: accept4 looks for a free descriptor before it waits for anybody.
void take_a_breath() {
  std::uint64_t pause[2] = {0, 20'000'000}; // seconds, nanoseconds
  raw_call(__NR_nanosleep, address(pause), 0);
}

// Each connection brings one byte, which starts the container, or none: then its sender has died and another may come.
long await_start(std::uint64_t listener) {
  for (;;) {
    long peer = raw_call(__NR_accept4, listener, 0, 0, 0x80000 /* SOCK_CLOEXEC */);
    if (may_pass(peer)) {
      if (peer != -EINTR && peer != -ECONNABORTED)
        take_a_breath();
      continue;
    }
    if (peer < 0)
      return peer;
    char byte = 0;
    long n = 0;
    do
      n = raw_call(__NR_read, static_cast<std::uint64_t>(peer), address(&byte), 1);
    while (n == -EINTR);
    if (n == 1)
      return peer; // left open: its end tells the starter that the exec has happened or that the init is gone
    raw_call(__NR_close, static_cast<std::uint64_t>(peer));
  }
}

struct SignalInfo {
  std::int32_t number;
  char rest[124];
};

// The status a shell would give for it.
int shell_status(std::int32_t status) {
  return (status & 0x7f) != 0 ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

// PID 1 for a program that does not want to be it: passes signals on, takes leave of every orphan, ends with the child.
[[noreturn]] void reap_until_end(std::uint64_t child, const std::uint64_t* every_signal) {
  for (;;) {
    SignalInfo info{};
    long signal = raw_call(__NR_rt_sigtimedwait, address(every_signal), address(&info), 0, 8);
    if (signal < 0)
      continue;
    if (static_cast<std::uint64_t>(signal) != kSignalChild) {
      raw_call(__NR_kill, child, static_cast<std::uint64_t>(signal));
      continue;
    }
    for (;;) {
      std::int32_t status = 0;
      long ended = raw_call(__NR_wait4, static_cast<std::uint64_t>(-1), address(&status), WNOHANG, 0);
      if (ended <= 0)
        break;
      if (static_cast<std::uint64_t>(ended) == child)
        leave(shell_status(status));
    }
  }
}

// Forks: the child goes on with the program, the parent stays behind as PID 1 and never returns.
long fork_and_reap(Machine& machine) {
  std::uint64_t every_signal = ~std::uint64_t{0};
  std::uint64_t before = 0;
  raw_call(__NR_rt_sigprocmask, 0 /* SIG_BLOCK */, address(&every_signal), address(&before), 8);
  long child = raw_call(__NR_clone, kSignalChild, 0, 0, 0, 0);
  if (child < 0)
    return child;
  if (child == 0) {
    // A process group of its own in the terminal's foreground, so that ^C reaches it once, from the terminal.
    std::int32_t group = static_cast<std::int32_t>(raw_call(__NR_getpid));
    raw_call(__NR_setpgid, 0, 0);
    raw_call(__NR_ioctl, 0, 0x5410 /* TIOCSPGRP */, address(&group));
    raw_call(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, address(&before), 0, 8);
    return 0;
  }
  std::uint64_t image_size = machine.image->size;
  std::uint64_t journal_length = machine.journal != nullptr ? journal_size(machine.image->code_count) : 0;
  if (machine.journal != nullptr)
    raw_call(__NR_munmap, address(machine.journal), journal_length);
  raw_call(__NR_munmap, address(machine.image), image_size);
  raw_call(__NR_close_range, 0, ~0U, 0);
  reap_until_end(static_cast<std::uint64_t>(child), &every_signal);
}

long named(Machine& machine, const Instruction& instruction, const std::uint64_t* args) {
  switch (instruction.op) {
  case Op::await_start: return await_start(args[0]);
  case Op::reap: return fork_and_reap(machine);
  default: return -ENOSYS;
  }
}

} // namespace

// Entered with the stack as the kernel left it: argc, argv[0], argv[1], ...
extern "C" [[noreturn]] __attribute__((used)) void phial_init(const std::uint64_t* stack) {
  if (stack[0] < 3)
    leave(125);
  std::uint64_t descriptor = decimal(reinterpret_cast<const char*>(stack[2]));
  std::uint64_t size = decimal(reinterpret_cast<const char*>(stack[3]));
  // Private: what the init writes (slots, out-parameters) stays its own, and the seals forbid anything else.
  long mapped =
      raw_call(__NR_mmap, kImageBase, size, kProtRead | kProtWrite, MAP_PRIVATE | MAP_FIXED_NOREPLACE, descriptor, 0);
  if (mapped != static_cast<long>(kImageBase))
    leave(125);
  Machine machine;
  machine.image = reinterpret_cast<ImageHeader*>(kImageBase);
  machine.named = named;
  std::uint64_t journal = slots_of(machine.image)[machine.image->journal_slot];
  long journal_at = raw_call(__NR_mmap, 0, journal_size(machine.image->code_count), kProtRead | kProtWrite,
                             MAP_SHARED | MAP_POPULATE, journal, 0);
  if (journal_at < 0 && journal_at > -4096)
    leave(125);
  machine.journal = reinterpret_cast<Journal*>(journal_at);
  if (run_section(machine, Section::init) == 0)
    run_section(machine, Section::start);
  leave(125);
}

#if defined(__x86_64__)
asm(".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call phial_init\n"
    "  ud2\n");
#elif defined(__aarch64__)
asm(".globl _start\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  mov x0, sp\n"
    "  bl phial_init\n"
    "  brk #0\n");
#endif

// The compiler may call these even freestanding.
extern "C" void* memset(void* to, int value, std::size_t size) {
  auto* bytes = static_cast<volatile unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<unsigned char>(value);
  return to;
}

extern "C" void* memcpy(void* to, const void* from, std::size_t size) {
  auto* out = static_cast<volatile unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = in[i];
  return to;
}
