#include "kernel/sysctls.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace phial::kernel {

namespace {

using enum NamespaceKind;

constexpr SysctlFacts kSysctls[] = {
    {"kernel.msgmax", ipc},      {"kernel.msgmnb", ipc},
    {"kernel.msgmni", ipc},      {"kernel.sem", ipc},
    {"kernel.shmall", ipc},      {"kernel.shmmax", ipc},
    {"kernel.shmmni", ipc},      {"kernel.shm_rmid_forced", ipc},
    {"kernel.auto_msgmni", ipc}, {"kernel.msg_next_id", ipc},
    {"kernel.sem_next_id", ipc}, {"kernel.shm_next_id", ipc},
    {"fs.mqueue.", ipc},         {"net.", network},
    {"kernel.hostname", uts},    {"kernel.domainname", uts},
    {"kernel.ns_last_pid", pid}, {"vm.memfd_noexec", pid},
};

bool allowed(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         std::string_view("_-.@:/").find(letter) != std::string_view::npos;
}

std::unexpected<Error> not_a_sysctl(std::string_view name) {
  std::string shown;
  for (char letter : name)
    shown += letter >= ' ' && letter <= '~' ? letter : '?';
  return fail(Kind::input, "'" + shown + "' is not the name of a sysctl",
              "names are written as in net.ipv4.ip_forward");
}

// Dots and slashes change places where the first separator is a dot: sysctl(8).
std::string to_path(std::string_view name) {
  std::string path(name);
  std::size_t first = path.find_first_of("./");
  if (first == std::string::npos || path[first] == '/')
    return path;
  for (char& letter : path)
    letter = letter == '.' ? '/' : letter == '/' ? '.' : letter;
  return path;
}

Result<std::string> checked_path(std::string_view name) {
  if (name.empty() || !std::ranges::all_of(name, allowed))
    return not_a_sysctl(name);
  std::string path = to_path(name);
  for (std::string_view part : split(path, '/'))
    if (part.empty() || part == "." || part == "..")
      return not_a_sysctl(name);
  if (path.find('/') == std::string::npos)
    return not_a_sysctl(name);
  return path;
}

} // namespace

std::span<const SysctlFacts> namespaced_sysctls() {
  return kSysctls;
}

const SysctlFacts* find_sysctl(std::string_view name) {
  for (const SysctlFacts& row : kSysctls)
    if (row.name == name || (row.name.ends_with('.') && name.starts_with(row.name)))
      return &row;
  return nullptr;
}

Result<std::string> normal_sysctl(std::string_view name) {
  std::string path = TRY(checked_path(name));
  // Back again, so that a part's own dot stays recognisable as a slash.
  for (char& letter : path)
    letter = letter == '/' ? '.' : letter == '.' ? '/' : letter;
  return path;
}

Result<std::string> check_sysctl(std::string_view name, std::string_view value, std::uint64_t own_namespaces) {
  std::string path = TRY(checked_path(name));
  std::string normal = TRY(normal_sysctl(name));
  if (value.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
    return fail(Kind::input, "the value of sysctl " + normal + " is more than one line");
  const SysctlFacts* row = find_sysctl(normal);
  if (row == nullptr)
    return fail(Kind::input, "sysctl " + normal + " is the whole machine's, so a container cannot have its own",
                "set it on the host, or leave it out");
  const NamespaceFacts& owner = facts(row->owner);
  if ((own_namespaces & owner.flag) == 0)
    return fail(Kind::input,
                "sysctl " + normal + " belongs to the " + std::string(owner.oci_name) +
                    " namespace, which the container shares: it would change the host's",
                "give the container a " + std::string(owner.oci_name) + " namespace of its own, or leave it out");
  return path;
}

} // namespace phial::kernel
