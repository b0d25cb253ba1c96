// The eight kinds of namespaces: what the kernel and the specification call each, since when, and what it isolates.
// Facts, parsing and one read-only probe.
#pragma once

#include "base/error.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phial::kernel {

enum class NamespaceKind : std::uint8_t { user, pid, mount, network, uts, ipc, cgroup, time };

struct NamespaceFacts {
  NamespaceKind kind;
  std::string_view oci_name;      // config.json linux.namespaces[].type
  std::string_view proc_name;     // the file in /proc/PID/ns
  std::string_view children_name; // the one that tells where children will be born, or empty
  std::uint64_t flag;             // CLONE_NEW*
  std::string_view flag_name;
  std::string_view unshare_option; // of util-linux's unshare(1)
  std::string_view man;
  std::string_view since;     // the first kernel that has it whole
  std::string_view isolates;  // what is separate, a noun phrase
  std::string_view guarantee; // what a container with its own may rely on, one clause that follows "the container"
  std::string_view shared;    // what it can do when it shares the host's, one clause that follows "the container"
};

inline constexpr std::size_t kNamespaceCount = 8;

// In the order of NamespaceKind; a new kind of namespace is one row.
[[nodiscard]] const std::array<NamespaceFacts, kNamespaceCount>& namespaces();
[[nodiscard]] const NamespaceFacts& facts(NamespaceKind kind);

// "network" or "net", "mount" or "mnt"; nullptr for anything else.
[[nodiscard]] const NamespaceFacts* find_namespace(std::string_view name);
// By one CLONE_NEW* flag.
[[nodiscard]] const NamespaceFacts* find_namespace(std::uint64_t flag);

// A set of kinds as one CLONE_NEW* word.
[[nodiscard]] std::uint64_t namespace_flags(std::span<const NamespaceKind> kinds);

// What a link of /proc/PID/ns says: "net:[4026531840]".
struct NamespaceLink {
  const NamespaceFacts* facts = nullptr;
  std::uint64_t inode = 0;
};
[[nodiscard]] std::optional<NamespaceLink> parse_namespace_link(std::string_view text);

// The inode number of a process's namespace, which is its identity while anything holds it. `pid` 0 is the caller.
// Kind::unsupported where the kernel has no such namespace; namespaces(7).
[[nodiscard]] Result<std::uint64_t> namespace_inode(pid_t pid, NamespaceKind kind);

// CLONE_NEW* of the namespaces of a process that are not the caller's.
[[nodiscard]] Result<std::uint64_t> foreign_namespaces(pid_t pid);

} // namespace phial::kernel
