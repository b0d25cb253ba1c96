// Sysctls a container may set: which namespace each belongs to. Facts and checking; nothing is written here.
#pragma once

#include "base/error.hpp"
#include "kernel/namespaces.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace phial::kernel {

// One sysctl, or all below a prefix that ends in '.'.
struct SysctlFacts {
  std::string_view name; // "kernel.shmmax", "net."
  NamespaceKind owner;
};
[[nodiscard]] std::span<const SysctlFacts> namespaced_sysctls();

// The namespace that a sysctl belongs to; nullptr where it is the whole machine's. `name` has dots.
[[nodiscard]] const SysctlFacts* find_sysctl(std::string_view name);

// The name with dots between its parts, for "net/ipv4/ip_forward" and for "net.ipv4.conf.eth0/1.rp_filter" (a slash
// within dots stands for a dot of the part). Kind::input for what cannot be a name: an empty part, "..", a character
// that no sysctl has.
[[nodiscard]] Result<std::string> normal_sysctl(std::string_view name);

// Checks a sysctl and its value for a container with namespaces of its own of these kinds (CLONE_NEW* bits), and gives
// the path below /proc/sys ("net/ipv4/ip_forward"). Kind::input where it is malformed or would change the host.
[[nodiscard]] Result<std::string> check_sysctl(std::string_view name, std::string_view value,
                                               std::uint64_t own_namespaces);

} // namespace phial::kernel
