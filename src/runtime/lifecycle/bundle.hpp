// A bundle: the directory with config.json and the container's root. Reading it touches nothing. runtime-spec bundle.md
#pragma once

#include "program/program.hpp"
#include "runtime/lifecycle/handover.hpp"
#include "runtime/lifecycle/record.hpp"
#include "runtime/request.hpp"

#include <string>

namespace phial::runtime {

struct Bundle {
  std::string directory; // absolute, no links
  std::string root;      // the same of root.path
  std::string text;      // of config.json
  spec::Spec spec;       // paths that are relative to the bundle made absolute
};
[[nodiscard]] Result<Bundle> open_bundle(const std::string& path, const std::string& config = {});

// What the command line says beside the bundle.
struct MakeOptions : Handover {
  std::string root; // of the states
  std::string id;
  std::string bundle = ".";
  std::string config; // read instead of the bundle's config.json; empty: that
  bool no_pivot = false;
  bool new_keyring = true;
  CgroupManager manager = CgroupManager::cgroupfs;
  std::optional<bool> rootless; // whether to go on without cgroups that may not be made; none: where we are not root
  SystemdManager systemd;       // for CgroupManager::systemd
};

// The record of a container to be made of a bundle, but for what its program and its process say.
[[nodiscard]] Result<Record> new_record(const Bundle& bundle, const MakeOptions& options);

// The program of a bundle, and what has to be remembered of it. `waits`: create, not run.
struct Compiled {
  program::Program program;
  Request request; // what it was compiled from; the spec is the bundle's
  HostFacts facts;
  std::string cgroup;
  std::string scope; // systemd's unit
  CgroupPaths cgroups;
};

// With cgroupfs: "/phial-oci/ID" where config.json names none; a relative one lies below that as well. Empty where the
// container has no cgroup of its own.
[[nodiscard]] std::string cgroup_of(const spec::Spec& spec, const MakeOptions& options);
[[nodiscard]] Result<Compiled> compile_bundle(const Bundle& bundle, const MakeOptions& options, bool waits,
                                              program::Words words = program::Words::yes);
// The same program with its words, for somebody who wants to read it after all.
[[nodiscard]] program::Program with_words(Compiled& compiled, const Bundle& bundle);

} // namespace phial::runtime
