// The seccomp filter, and the descriptor of its notifications where a rule hands calls to a listener: the host connects
// to the listener before the process exists, the init loads the filter and sends the descriptor over that connection
// itself. Sections host, init and start. seccomp(2), seccomp_unotify(2); runtime-spec config-linux.md "The Container
// Process State".
#include "base/json.hpp"
#include "kernel/kabi.hpp"
#include "kernel/seccomp.hpp"
#include "kernel/seccomp_evaluate.hpp"
#include "kernel/seccomp_numbers.hpp"
#include "runtime/compiler.hpp"

#include <cstring>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace phial::runtime {

namespace {

constexpr std::string_view kDescriptorName = "seccompFd"; // as the specification has it
constexpr std::uint32_t kActionMask = 0xffff0000;

constexpr time_t kListenerPatience = 5; // seconds

bool has_listener(const Filter& filter) {
  return filter.profile != nullptr && kernel::notifies(*filter.profile);
}

Result<std::vector<std::uint8_t>> filter_bytes(const Filter& filter) {
  if (!filter.compiled.empty())
    return std::vector<std::uint8_t>(filter.compiled.begin(), filter.compiled.end());
  return TRY(kernel::compile_seccomp(*filter.profile), "linux.seccomp");
}

// The init sends the descriptor with the filter in force: it would wait for a listener that does not have it yet.
Result<> check_sending(std::span<const std::uint8_t> bytes) {
  kernel::SeccompCall call;
  call.number = SYS_sendmsg;
  call.architecture =
      kernel::kNativeArchitecture == kernel::Architecture::aarch64 ? kernel::kAuditAarch64 : kernel::kAuditX86_64;
  std::uint32_t action = TRY(kernel::evaluate_filter(bytes, call)).word & kActionMask;
  if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
    return {};
  return fail(Kind::input,
              "linux.seccomp.syscalls: sendmsg has to be allowed where a rule has SCMP_ACT_NOTIFY: the descriptor goes "
              "to the listener by it, under this very filter",
              "add sendmsg to the names that are allowed");
}

Result<> connect_listener(Compiler& c, const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    return fail(Kind::input, "linux.seccomp.listenerPath: " + path + " is longer than a socket's address can be",
                "107 bytes at most");
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  c.step(Section::host, [&] {
    return StepText{"connect to the seccomp listener at " + path, c.why("linux.seccomp.listenerPath"),
                    "it decides about the calls the profile hands to it"};
  });
  c.listener_socket = c.b.slot("seccomp_listener");
  c.b.call(SYS_socket, {AF_UNIX, SOCK_STREAM, 0}).into(c.listener_socket);
  // A listener that neither accepts nor reads is an error, and holds nobody up.
  const timeval patience{kListenerPatience, 0};
  c.b.call(SYS_setsockopt, {c.listener_socket, SOL_SOCKET, SO_SNDTIMEO, c.b.object(patience), sizeof patience});
  c.b.call(SYS_connect, {c.listener_socket, c.b.object(address),
                         static_cast<unsigned>(offsetof(sockaddr_un, sun_path) + path.size() + 1)});
  return {};
}

// The link "self" of the host's proc is the process's pid as the host counts. readlink(2) writes no final zero: what
// it leaves of the room is blanks, which JSON allows behind a number.
void read_own_pid(Compiler& c, Data at) {
  c.b.call(SYS_readlinkat, {AT_FDCWD, c.b.text("/proc/self"), at, program::kPaddedWidth});
}

// The specification's ContainerProcessState, with blanks where the pids are to stand.
struct Told {
  std::string text;
  std::vector<std::size_t> pids; // offsets
};

Told told_state(const spec::Spec& spec, const ContainerName& name, const kernel::SeccompProfile& profile) {
  Told out;
  std::string blank(program::kPaddedWidth, ' ');
  out.text = "{\"ociVersion\":" + to_text(Json(spec.oci_version)) + ",\"fds\":[\"" + std::string(kDescriptorName) +
             "\"],\"pid\":";
  out.pids.push_back(out.text.size());
  out.text += blank;
  if (!profile.listener_metadata.empty())
    out.text += ",\"metadata\":" + to_text(Json(profile.listener_metadata));
  StateText state = state_text(spec, name, name.pid != 0 ? "running" : "creating");
  std::size_t begin = out.text.size() + std::strlen(",\"state\":") + state.pid;
  out.text += ",\"state\":" + state.text + "}";
  if (name.pid != 0) {
    std::string pid = std::to_string(name.pid);
    out.text.replace(begin, program::kPaddedWidth, blank);
    out.text.replace(begin, pid.size(), pid);
  } else {
    out.text.replace(begin, program::kPaddedWidth, blank);
    out.pids.push_back(begin);
  }
  return out;
}

} // namespace

Result<> add_listener_steps(Compiler& c, const Filter& filter) {
  if (!has_listener(filter))
    return {};
  TRY(check_sending(TRY(filter_bytes(filter))));
  if (filter.profile->flags.value_or(0) & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !c.facts.kernel_at_least(5, 19))
    return fail(Kind::unsupported,
                "linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is not known before Linux 5.19");
  return connect_listener(c, filter.profile->listener_path);
}

void add_listener_text_steps(Compiler& c, const spec::Spec& spec, const ContainerName& name, const Filter& filter) {
  if (!has_listener(filter))
    return;
  Told told = told_state(spec, name, *filter.profile);
  c.listener_text_size = told.text.size();
  c.listener_text = c.b.bytes({reinterpret_cast<const unsigned char*>(told.text.data()), told.text.size()}, 1);
  c.step(Section::init, [&] {
    return StepText{"learn its pid on the host, for the seccomp listener", c.why("linux.seccomp.listenerPath")};
  });
  for (std::size_t pid : told.pids)
    read_own_pid(c, c.listener_text + pid);
}

Result<> add_seccomp_steps(Compiler& c, const Filter& filter) {
  if (filter.profile == nullptr)
    return {};
  std::vector<std::uint8_t> bytes = TRY(filter_bytes(filter));
  sock_fprog program;
  std::memset(&program, 0, sizeof program);
  program.len = static_cast<unsigned short>(bytes.size() / sizeof(sock_filter));
  c.step(Section::start, [&] {
    return StepText{"load the seccomp filter of " + std::to_string(program.len) + " instructions",
                    c.why("linux.seccomp"), "system calls the profile does not allow fail",
                    "# the seccomp filter has no shell form", ShellPlace::none};
  });
  Data code = c.b.bytes(bytes, 8);
  Data at = c.b.cleared_object(program);
  c.b.point(at + offsetof(sock_fprog, filter), code);
  program::Added loaded = c.b.call(SYS_seccomp, {SECCOMP_SET_MODE_FILTER, kernel::load_flags(*filter.profile), at});
  if (!has_listener(filter))
    return {};
  Slot notifications = c.b.slot("notifications");
  loaded.into(notifications);
  c.step(Section::start, [&] {
    return StepText{"send the descriptor of its notifications to the listener", c.why("linux.seccomp.listenerPath"),
                    "the listener answers the calls that are handed to it"};
  });
  send_descriptor(c, c.listener_socket, notifications, c.listener_text, c.listener_text_size);
  return {};
}

} // namespace phial::runtime
