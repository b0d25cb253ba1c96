// Gathering what the compiler needs to know of the host. Reads only.
#pragma once

#include "base/error.hpp"
#include "runtime/request.hpp"

namespace phial::runtime {

// What is the same for every container: the kernel's version, its capabilities, the cgroup hierarchies; and
// what the parent of `cgroup` ("/phial/ID", or empty) hands down.
[[nodiscard]] Result<HostFacts> gather_facts(const std::string& cgroup);

// Which signals we ignore ourselves, for a program that we run ourselves.
[[nodiscard]] Result<> gather_ignored_signals(HostFacts& facts);

// What the spec's labels, for a process of `exec` too, ask of the host.
void gather_labels(HostFacts& facts, const spec::Process& process, const std::string& mount_label = {});

// What the spec names of the host: the sources of bind mounts, namespaces, security modules. What is missing is
// reported by the compiler, with its field.
void gather_sources(HostFacts& facts, const spec::Spec& spec);

} // namespace phial::runtime
