#include "kernel/namespaces.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/kabi.hpp"

#include <sys/stat.h>

namespace phial::kernel {

namespace {

using enum NamespaceKind;

constexpr std::array<NamespaceFacts, kNamespaceCount> kNamespaces = {{
    {user, "user", "user", "", CLONE_NEWUSER, "CLONE_NEWUSER", "--user", "user_namespaces(7)", "3.8",
     "user and group ids, capabilities, keyrings",
     "holds its capabilities over its own namespaces only, and its root is an ordinary user outside",
     "has the host's user ids: its root is the host's root, held back by capabilities and filters alone"},
    {pid, "pid", "pid", "pid_for_children", CLONE_NEWPID, "CLONE_NEWPID", "--pid", "pid_namespaces(7)", "2.6.24",
     "process ids", "sees and signals only its own processes, and all of them end with its first",
     "sees every process of the host and may signal those of its user"},
    {mount, "mount", "mnt", "", CLONE_NEWNS, "CLONE_NEWNS", "--mount", "mount_namespaces(7)", "2.4.19",
     "the tree of mounts", "mounts and unmounts without the host's tree changing", "changes the host's own mounts"},
    {network, "network", "net", "", CLONE_NEWNET, "CLONE_NEWNET", "--net", "network_namespaces(7)", "2.6.29",
     "network devices, addresses, routes, ports, firewall rules, abstract sockets",
     "has network devices, addresses and ports of its own and cannot see the host's",
     "uses the host's addresses and ports and can reach its abstract sockets"},
    {uts, "uts", "uts", "", CLONE_NEWUTS, "CLONE_NEWUTS", "--uts", "uts_namespaces(7)", "2.6.19",
     "host name and NIS domain name", "has a host name of its own", "sees the host's name"},
    {ipc, "ipc", "ipc", "", CLONE_NEWIPC, "CLONE_NEWIPC", "--ipc", "ipc_namespaces(7)", "2.6.30",
     "System V shared memory, semaphores and queues, POSIX message queues",
     "shares no System V object and no POSIX queue with the host",
     "can open the host's System V objects and POSIX queues where their modes allow"},
    {cgroup, "cgroup", "cgroup", "", CLONE_NEWCGROUP, "CLONE_NEWCGROUP", "--cgroup", "cgroup_namespaces(7)", "4.6",
     "the root of the cgroup tree", "sees its own cgroup as the root of the tree",
     "sees where in the host's cgroup tree it stands"},
    {time, "time", "time", "time_for_children", CLONE_NEWTIME, "CLONE_NEWTIME", "--time", "time_namespaces(7)", "5.6",
     "the monotonic and the boot-time clock", "has monotonic and boot-time clocks with offsets of its own",
     "sees how long the host has been up"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kNamespaceCount; ++i)
    if (kNamespaces[i].kind != static_cast<NamespaceKind>(i))
      return false;
  return true;
}
static_assert(in_order());

} // namespace

const std::array<NamespaceFacts, kNamespaceCount>& namespaces() {
  return kNamespaces;
}

const NamespaceFacts& facts(NamespaceKind kind) {
  return kNamespaces[static_cast<std::size_t>(kind)];
}

const NamespaceFacts* find_namespace(std::string_view name) {
  for (const NamespaceFacts& row : kNamespaces)
    if (row.oci_name == name || row.proc_name == name)
      return &row;
  return nullptr;
}

const NamespaceFacts* find_namespace(std::uint64_t flag) {
  for (const NamespaceFacts& row : kNamespaces)
    if (row.flag == flag)
      return &row;
  return nullptr;
}

std::uint64_t namespace_flags(std::span<const NamespaceKind> kinds) {
  std::uint64_t flags = 0;
  for (NamespaceKind kind : kinds)
    flags |= facts(kind).flag;
  return flags;
}

std::optional<NamespaceLink> parse_namespace_link(std::string_view text) {
  Halves halves = split_once(text, ':');
  const NamespaceFacts* row = find_namespace(halves.first);
  if (row == nullptr || !halves.second || !halves.second->starts_with('[') || !halves.second->ends_with(']'))
    return std::nullopt;
  std::string_view digits = *halves.second;
  auto inode = parse_uint(digits.substr(1, digits.size() - 2));
  if (!inode)
    return std::nullopt;
  return NamespaceLink{row, *inode};
}

Result<std::uint64_t> namespace_inode(pid_t pid, NamespaceKind kind) {
  const NamespaceFacts& row = facts(kind);
  std::string process = pid == 0 ? "self" : std::to_string(pid);
  std::string path = "/proc/" + process + "/ns/" + std::string(row.proc_name);
  Result<std::string> text = read_link(path);
  if (!text && text.error().number == ENOENT && exists("/proc/" + process + "/ns"))
    return fail(Kind::unsupported, "this kernel has no " + std::string(row.oci_name) + " namespaces");
  auto link = parse_namespace_link(TRY(std::move(text)));
  if (!link)
    return fail(Kind::internal, path + " does not name a namespace");
  return link->inode;
}

Result<std::uint64_t> foreign_namespaces(pid_t pid) {
  std::uint64_t out = 0;
  for (const NamespaceFacts& facts : namespaces()) {
    std::string name(facts.proc_name);
    std::string path = "/proc/" + std::to_string(pid) + "/ns/" + name;
    struct stat theirs{};
    struct stat ours{};
    if (::stat(("/proc/self/ns/" + name).c_str(), &ours) != 0) {
      if (errno == ENOENT)
        continue; // this kernel has no such namespaces
      return fail_call("stat", "/proc/self/ns/" + name);
    }
    // Never "ours" where it cannot be told: what joins too little is on the host.
    if (::stat(path.c_str(), &theirs) != 0)
      return fail_call("stat", path);
    if (theirs.st_ino != ours.st_ino)
      out |= facts.flag;
  }
  return out;
}

} // namespace phial::kernel
