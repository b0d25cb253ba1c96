// Compiling: an OCI spec becomes a program. Pure: no side effect, the same input gives the same program.
#pragma once

#include "base/error.hpp"
#include "program/program.hpp"
#include "runtime/request.hpp"

namespace phial::runtime {

// The program that makes the container and starts it. Errors are Kind::input with the field's name as position.
[[nodiscard]] Result<program::Program> compile_run(const Request& request, const HostFacts& facts);

// What others call the container.
struct ContainerName {
  std::string id;
  std::string bundle;
  int pid = 0; // 0: it is being made
};

// A cgroup a further process joins.
struct ExecCgroup {
  std::string directory;
  bool unified = false; // of the v2 hierarchy
};

// A further process in a running container.
struct ExecRequest {
  const spec::Process* process = nullptr;
  const spec::Spec* spec = nullptr; // the container's: its memory policy and personality are the process's too
  ContainerName container;          // for a seccomp listener
  Filter filter;
  int pidfd = -1;         // of the container's first process, verified by the caller, open while the program runs
  std::uint64_t join = 0; // CLONE_NEW* of the namespaces that differ from ours
  int root = -1;          // the container's, inheritable, where `join` has no mount namespace
  std::vector<ExecCgroup> cgroups;
  Stdio stdio = Stdio::inherit;
  bool open_stdin = false;
  unsigned streams = 0;   // as in Request
  unsigned preserved = 0; // descriptors from 3 on that the process gets
  program::Words words = program::Words::yes;
  std::vector<Reason> reasons;
  std::string fallback_reason = "process.json";
};
[[nodiscard]] Result<program::Program> compile_exec(const ExecRequest& request, const HostFacts& facts);

} // namespace phial::runtime
