#include "image/jail.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <vector>

namespace phial::image {

namespace {

constexpr std::size_t kAnswerLimit = std::size_t{4} << 20;
constexpr int kInput = 3;
constexpr int kAnswer = 4;
constexpr int kDirectory = 5;
constexpr int kOutput = 6;

// What unpacking takes: owners, modes, set-id bits, devices, file capabilities, and trusted.* attributes, which is
// CAP_SYS_ADMIN's; the system calls that would make more of that one are not on the list below.
constexpr std::array kCapabilities{CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER,   CAP_FSETID,
                                   CAP_MKNOD, CAP_SETFCAP,      CAP_SYS_ADMIN};

constexpr std::array kCalls{
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
    SYS_pipe2, // it asks through a pipe whether an address can be read
#endif
#endif
    SYS_read,        SYS_pread64,     SYS_write,           SYS_pwrite64,       SYS_writev,        SYS_close,
    SYS_lseek,       SYS_openat,      SYS_openat2,         SYS_newfstatat,     SYS_fstat,         SYS_statx,
    SYS_mkdirat,     SYS_mknodat,     SYS_symlinkat,       SYS_linkat,         SYS_unlinkat,      SYS_readlinkat,
    SYS_renameat2,   SYS_fchown,      SYS_fchownat,        SYS_fchmod,         SYS_fchmodat,      SYS_utimensat,
    SYS_fsetxattr,   SYS_lsetxattr,   SYS_fgetxattr,       SYS_ftruncate,      SYS_fallocate,     SYS_fchdir,
    SYS_getdents64,  SYS_fcntl,       SYS_fsync,           SYS_fdatasync,      SYS_munmap,        SYS_mremap,
    SYS_madvise,     SYS_brk,         SYS_futex,           SYS_getrandom,      SYS_clock_gettime, SYS_gettimeofday,
    SYS_getpid,      SYS_geteuid,     SYS_gettid,          SYS_rt_sigprocmask, SYS_rt_sigaction,  SYS_rt_sigreturn,
    SYS_sigaltstack, SYS_sched_yield, SYS_restart_syscall, SYS_tgkill,         SYS_exit,          SYS_exit_group};

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the unpacker's system call filter has to learn this architecture"
#endif

sock_filter statement(unsigned code, std::size_t k) {
  return {static_cast<__u16>(code), 0, 0, static_cast<__u32>(k)};
}
sock_filter jump(unsigned code, std::size_t k, std::size_t yes, std::size_t no) {
  return {static_cast<__u16>(code), static_cast<__u8>(yes), static_cast<__u8>(no), static_cast<__u32>(k)};
}

// Another architecture kills; what is not listed, and any mapping that could be executed, is EPERM.
std::vector<sock_filter> filter_program() {
  constexpr unsigned kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr unsigned kEqual = BPF_JMP | BPF_JEQ | BPF_K;
  constexpr unsigned kReturn = BPF_RET | BPF_K;
  std::vector<sock_filter> out{
      statement(kLoad, offsetof(seccomp_data, arch)),
      jump(kEqual, kArchitecture, 1, 0),
      statement(kReturn, SECCOMP_RET_KILL_PROCESS),
      statement(kLoad, offsetof(seccomp_data, nr)),
      jump(kEqual, SYS_mmap, 2, 0),
      jump(kEqual, SYS_mprotect, 1, 0),
      jump(BPF_JMP | BPF_JA, 4, 0, 0),
      statement(kLoad, offsetof(seccomp_data, args[2])), // the protection, of both calls
      jump(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
      statement(kReturn, SECCOMP_RET_ERRNO | EPERM),
      statement(kReturn, SECCOMP_RET_ALLOW),
  };
  for (long call : kCalls) {
    out.push_back(jump(kEqual, static_cast<std::size_t>(call), 0, 1));
    out.push_back(statement(kReturn, SECCOMP_RET_ALLOW));
  }
  out.push_back(statement(kReturn, SECCOMP_RET_ERRNO | EPERM));
  return out;
}

Result<> install_filter() {
  std::vector<sock_filter> program = filter_program();
  sock_fprog all{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail_call("prctl", "PR_SET_NO_NEW_PRIVS");
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) != 0)
    return fail_call("prctl", "PR_SET_SECCOMP");
  return {};
}

Result<> limit(int what, rlim_t value) {
  rlimit both{value, value};
  if (::setrlimit(static_cast<__rlimit_resource>(what), &both) != 0)
    return fail_call("setrlimit", "");
  return {};
}

// The directory becomes the root of a mount namespace in which there is nothing else.
Result<> enter(int directory) {
  // Cloned first: afterwards the descriptor would name a mount of another namespace.
  Fd tree(
      static_cast<int>(::syscall(SYS_open_tree, directory, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)));
  if (!tree)
    return fail_call("open_tree", "the layer's directory");
  if (::unshare(CLONE_NEWNS | CLONE_NEWIPC) != 0)
    return fail_call("unshare", "");
  mount_attr quiet{};
  quiet.propagation = 1UL << 18; // MS_PRIVATE
  if (::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &quiet, sizeof quiet) != 0)
    return fail_call("mount_setattr", "/");
  mount_attr bare{};
  bare.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &bare, sizeof bare) != 0)
    return fail_call("mount_setattr", "the layer's directory");
  if (::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return fail_call("move_mount", "/");
  if (::fchdir(tree.get()) != 0)
    return fail_call("fchdir", "the layer's directory");
  if (::syscall(SYS_pivot_root, ".", ".") != 0)
    return fail_call("pivot_root", "the layer's directory");
  if (::syscall(SYS_umount2, ".", 2 /* MNT_DETACH */) != 0)
    return fail_call("umount2", "the old root");
  // The descriptor that came from outside names the directory on the old mount; from here on it is the new one.
  if (::dup3(tree.get(), kDirectory, 0) < 0)
    return fail_call("dup3", "");
  return {};
}

Result<> drop_capabilities() {
  std::uint64_t keep = 0;
  for (int capability : kCapabilities)
    keep |= std::uint64_t{1} << capability;
  for (int i = 0; ::prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; ++i)
    if ((keep >> i & 1) == 0 && ::prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
      return fail_call("prctl", "PR_CAPBSET_DROP");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0)
    return fail_call("capget", "");
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i].permitted &= static_cast<std::uint32_t>(keep >> (32 * i));
    data[i].effective = data[i].permitted;
    data[i].inheritable = 0;
  }
  if (::syscall(SYS_capset, &header, data.data()) != 0)
    return fail_call("capset", "");
  return {};
}

Result<> lock_down(bool has_directory) {
  if (::geteuid() == 0) {
    if (has_directory)
      TRY(enter(kDirectory));
    TRY(drop_capabilities());
  }
  TRY(limit(RLIMIT_CORE, 0));
  TRY(limit(RLIMIT_NOFILE, 1024));
  ::umask(0);
  return install_filter();
}

// Moves the descriptors to their places; all others are closed, and the terminal with them: what a library has to say
// before it aborts must not land in a file of the layer that happens to have the number 2.
void arrange(int input, int answer, int directory, int output) {
  std::array<int, 4> from{input, answer, directory, output};
  for (int& fd : from) // out of the way of each other
    fd = fd < 0 ? -1 : ::fcntl(fd, F_DUPFD, 32);
  std::array<int, 4> to{kInput, kAnswer, kDirectory, kOutput};
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (from[i] >= 0)
      ::dup3(from[i], to[i], 0);
    else
      ::close(to[i]);
  }
  ::syscall(SYS_close_range, kOutput + 1, ~0U, 0);
  for (int fd = 0; fd < 3; ++fd)
    ::close(fd);
  if (::open("/dev/null", O_RDWR) == 0) { // allow open: these are the standard descriptors
    ::dup2(0, 1);
    ::dup2(0, 2);
  }
}

Json answer_of(const Result<Json>& result) {
  if (result)
    return Json::object().set("answer", *result);
  const Error& error = result.error();
  return Json::object()
      .set("kind", static_cast<int>(error.kind))
      .set("message", error.message)
      .set("call", error.call)
      .set("object", error.object)
      .set("number", error.number)
      .set("hint", error.hint)
      .set("doing", Json::strings(error.doing));
}

Result<Json> answer_from(std::string_view text) {
  Json json = TRY(parse_json(text, "the unpacker's answer"));
  if (const Json* answer = json.find("answer"))
    return *answer;
  Error error;
  std::int64_t kind = json.int_or("kind", -1);
  bool known = kind >= 0 && kind <= static_cast<int>(Kind::internal);
  error.kind = known ? static_cast<Kind>(kind) : Kind::internal;
  error.message = json.string_or("message");
  error.call = json.string_or("call");
  error.object = json.string_or("object");
  error.number = static_cast<int>(json.int_or("number"));
  error.hint = json.string_or("hint");
  error.doing = json.strings_of("doing");
  return std::unexpected(std::move(error));
}

[[noreturn]] void child(pid_t parent, const JailedWork& work, bool has_directory, bool has_output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent)
    ::_exit(1);
  Result<Json> result = Json();
  if (Result<> locked = lock_down(has_directory); !locked)
    result = std::unexpected(while_doing(std::move(locked).error(), "lock the unpacker down"));
  else
    result = work(kInput, has_directory ? kDirectory : -1, has_output ? kOutput : -1);
  bool told = write_all(kAnswer, to_text(answer_of(result))).has_value();
  ::_exit(told ? 0 : 1);
}

} // namespace

Jailed::Jailed(Jailed&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), input_(std::move(other.input_)), answer_(std::move(other.answer_)) {}

Jailed::~Jailed() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<Jailed> Jailed::start(int directory, int output, const JailedWork& work) {
  // A socket for the input: writing to one whose reader is gone can be told not to raise SIGPIPE.
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return fail_call("socketpair", "");
  Fd theirs(pair[0]);
  Jailed jailed;
  jailed.input_ = Fd(pair[1]);
  int size = 1 << 20;
  (void)::setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  Pipe answer = TRY(make_pipe());
  pid_t self = ::getpid();
  jailed.pid_ = ::fork();
  if (jailed.pid_ < 0)
    return fail_call("fork", "");
  if (jailed.pid_ == 0) {
    arrange(theirs.get(), answer.write.get(), directory, output);
    child(self, work, directory >= 0, output >= 0);
  }
  jailed.answer_ = std::move(answer.read);
  return jailed;
}

Result<bool> Jailed::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(input_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
      return false;
    if (n < 0)
      return fail_call("send", "the unpacker");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Result<Json> Jailed::finish() {
  input_.reset();
  Result<std::string> text = read_all(answer_.get(), kAnswerLimit);
  answer_.reset();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) {
      status = 0; // somebody else waits for all children; the answer has to do
      break;
    }
  pid_ = -1;
  if (WIFSIGNALED(status))
    return fail(Kind::system, "the unpacker was killed by signal " + std::to_string(WTERMSIG(status)),
                WTERMSIG(status) == SIGKILL ? "was the machine out of memory?" : "");
  if (!text)
    return std::unexpected(std::move(text).error());
  if (text->empty())
    return fail(Kind::system, "the unpacker ended without an answer");
  return answer_from(*text);
}

} // namespace phial::image
