#include "kernel/capabilities.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace phial::kernel {

namespace {

constexpr CapabilityFacts kCapabilities[] = {
    {"CAP_CHOWN", "2.2", "give any file any owner"},
    {"CAP_DAC_OVERRIDE", "2.2", "read, write and execute any file whatever its mode"},
    {"CAP_DAC_READ_SEARCH", "2.2", "read any file and open files by handle, outside its root too"},
    {"CAP_FOWNER", "2.2", "do what only a file's owner may, such as chmod"},
    {"CAP_FSETID", "2.2", "keep set-user-id bits when it changes a file"},
    {"CAP_KILL", "2.2", "signal processes of other users"},
    {"CAP_SETGID", "2.2", "take any group id"},
    {"CAP_SETUID", "2.2", "take any user id"},
    {"CAP_SETPCAP", "2.2", "drop from its bounding set and change its securebits"},
    {"CAP_LINUX_IMMUTABLE", "2.2", "set a file immutable or append-only"},
    {"CAP_NET_BIND_SERVICE", "2.2", "listen on ports below 1024"},
    {"CAP_NET_BROADCAST", "2.2", "do nothing: the kernel never asks for it"},
    {"CAP_NET_ADMIN", "2.2", "configure network devices, addresses, routes and the firewall"},
    {"CAP_NET_RAW", "2.2", "send packets of its own making, forged ones too"},
    {"CAP_IPC_LOCK", "2.2", "lock memory beyond its limit"},
    {"CAP_IPC_OWNER", "2.2", "use any System V object whatever its mode"},
    {"CAP_SYS_MODULE", "2.2", "load code into the kernel"},
    {"CAP_SYS_RAWIO", "2.2", "reach I/O ports, /dev/mem and raw disk commands"},
    {"CAP_SYS_CHROOT", "2.2", "change its root directory and join mount namespaces"},
    {"CAP_SYS_PTRACE", "2.2", "trace and read the memory of any process it sees"},
    {"CAP_SYS_PACCT", "2.2", "switch process accounting"},
    {"CAP_SYS_ADMIN", "2.2", "mount, join namespaces and do most of what root may"},
    {"CAP_SYS_BOOT", "2.2", "reboot and load another kernel"},
    {"CAP_SYS_NICE", "2.2", "raise its priority and move processes between processors"},
    {"CAP_SYS_RESOURCE", "2.2", "raise its limits and use reserved disk space"},
    {"CAP_SYS_TIME", "2.2", "set the machine's clock"},
    {"CAP_SYS_TTY_CONFIG", "2.2", "hang up and configure terminals"},
    {"CAP_MKNOD", "2.4", "make device nodes"},
    {"CAP_LEASE", "2.4", "hold leases on any file"},
    {"CAP_AUDIT_WRITE", "2.6.11", "write records into the kernel's audit log"},
    {"CAP_AUDIT_CONTROL", "2.6.11", "switch auditing and change its rules"},
    {"CAP_SETFCAP", "2.6.24", "give a file capabilities"},
    {"CAP_MAC_OVERRIDE", "2.6.25", "override Smack"},
    {"CAP_MAC_ADMIN", "2.6.25", "configure Smack and AppArmor"},
    {"CAP_SYSLOG", "2.6.37", "read and clear the kernel's log and see its addresses"},
    {"CAP_WAKE_ALARM", "3.0", "set timers that wake the machine"},
    {"CAP_BLOCK_SUSPEND", "3.5", "keep the machine awake"},
    {"CAP_AUDIT_READ", "3.16", "read the audit log by multicast"},
    {"CAP_PERFMON", "5.8", "watch the machine's performance counters"},
    {"CAP_BPF", "5.8", "load BPF programs"},
    {"CAP_CHECKPOINT_RESTORE", "5.9", "choose process ids and read map_files, to restore a checkpoint"},
};
static_assert(std::size(kCapabilities) == kCapabilityCount);
static_assert(kCapabilityCount == CAP_LAST_CAP + 1);

// The text after "NAME:" on a line of its own, as a number in hexadecimal.
std::optional<CapabilitySet> field(std::string_view status, std::string_view name) {
  for (std::string_view line : split(status, '\n')) {
    if (!line.starts_with(name))
      continue;
    auto bits = parse_uint(trim(line.substr(name.size())), 16);
    if (!bits)
      return std::nullopt;
    return CapabilitySet(*bits);
  }
  return std::nullopt;
}

} // namespace

std::span<const CapabilityFacts> capabilities() {
  return kCapabilities;
}

std::optional<int> find_capability(std::string_view name) {
  if (equal_but_for_case(name.substr(0, 4), "CAP_"))
    name.remove_prefix(4);
  for (int number = 0; number < kCapabilityCount; ++number)
    if (equal_but_for_case(kCapabilities[number].name.substr(4), name))
      return number;
  return std::nullopt;
}

std::string capability_name(int number) {
  if (number >= 0 && number < kCapabilityCount)
    return std::string(kCapabilities[number].name);
  return "capability " + std::to_string(number);
}

std::vector<std::string> capability_names(CapabilitySet set) {
  std::vector<std::string> names;
  for (int number = 0; number < 64; ++number)
    if (set.has(number))
      names.push_back(capability_name(number));
  return names;
}

std::string format_capabilities(CapabilitySet set) {
  if (set.empty())
    return "none";
  if (set == CapabilitySet::all())
    return "all";
  return join(capability_names(set), ",");
}

Result<CapabilitySet> parse_capabilities(std::span<const std::string> names) {
  CapabilitySet set;
  for (const std::string& name : names) {
    std::string small = lower(name);
    if (small == "all" || small == "cap_all") {
      set = CapabilitySet::all();
      continue;
    }
    if (auto number = find_capability(name)) {
      set.add(*number);
      continue;
    }
    std::string_view known[kCapabilityCount];
    bool prefixed = small.starts_with("cap_");
    std::ranges::transform(kCapabilities, known,
                           [prefixed](const CapabilityFacts& row) { return prefixed ? row.name : row.name.substr(4); });
    std::string upper = small;
    for (char& letter : upper)
      if (letter >= 'a' && letter <= 'z')
        letter = static_cast<char>(letter - 'a' + 'A');
    std::string hint = "see capabilities(7) for the names";
    if (auto near = nearest(upper, known))
      hint = "did you mean " + std::string(*near) + "?";
    return fail(Kind::input, "'" + name + "' is not a capability", hint);
  }
  return set;
}

CapabilitySet default_capabilities() {
  return {
      CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FSETID,  CAP_FOWNER,           CAP_MKNOD,      CAP_NET_RAW, CAP_SETGID,
      CAP_SETUID, CAP_SETFCAP,      CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_KILL,    CAP_AUDIT_WRITE};
}

std::optional<ProcessCapabilities> parse_status_capabilities(std::string_view status) {
  auto inheritable = field(status, "CapInh:");
  auto permitted = field(status, "CapPrm:");
  auto effective = field(status, "CapEff:");
  auto bounding = field(status, "CapBnd:");
  auto ambient = field(status, "CapAmb:");
  if (!inheritable || !permitted || !effective || !bounding || !ambient)
    return std::nullopt;
  return ProcessCapabilities{*inheritable, *permitted, *effective, *bounding, *ambient};
}

Result<CapabilitySet> own_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0)
    return fail_call("capget", "");
  return CapabilitySet(data[0].permitted | static_cast<std::uint64_t>(data[1].permitted) << 32U);
}

Result<int> last_capability() {
  // The common answer takes a short call and no file: every kernel from 5.9 on has all that we know.
  if (::prctl(PR_CAPBSET_READ, kCapabilityCount, 0, 0, 0) < 0)
    return kCapabilityCount - 1;
  auto number =
      parse_uint(TRY(read_value("/proc/sys/kernel/cap_last_cap"), "asking the kernel for its last capability"));
  if (!number || *number > 63)
    return fail(Kind::internal, "/proc/sys/kernel/cap_last_cap does not hold a capability's number");
  return static_cast<int>(*number);
}

} // namespace phial::kernel
