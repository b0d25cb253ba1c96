// checkpoint and restore: a container's processes saved to files and brought back, by criu.
#pragma once

#include "base/fd.hpp"
#include "program/host.hpp"
#include "runtime/criu.hpp"
#include "runtime/lifecycle/bundle.hpp"

namespace phial::runtime {

// Saves a running container. Unless it is to run on, nothing of it is left but the images. Where criu fails the
// container runs on; the error has the line of its log that says why. `environment` is criu's.
[[nodiscard]] Result<> checkpoint_container(const std::string& root, const std::string& id, const CriuOptions& options,
                                            char** environment);

// The options with criu's configuration for this container found. Reads it.
[[nodiscard]] CriuOptions with_config(CriuOptions options, const spec::StringMap& annotations);

// Of the masked paths those that are files: below /proc and /sys the host has what the container has.
[[nodiscard]] std::vector<std::string> covered_files(const spec::Spec& spec, const std::string& rootfs);

// A container that criu brought back.
struct Restored {
  Record record;
  program::Loaded run;
  Fd lock;
  Fd process; // pidfd; our child, where nobody of ours was to be left (Handover::detach) it is not
};

// Makes the container anew from the bundle and the images. Fails with nothing left of it. The caller's mount namespace
// is a private copy from then on.
[[nodiscard]] Result<Restored> restore_container(const MakeOptions& options, const CriuOptions& criu,
                                                 char** environment);

// Undoes and removes everything of a restored container that has ended.
[[nodiscard]] Result<> abandon(Restored& restored, const std::string& root);

} // namespace phial::runtime
