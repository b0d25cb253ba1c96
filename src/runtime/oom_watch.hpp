// OomWatch: hears when the kernel runs out of memory for a cgroup. Version 1: an eventfd at memory.oom_control
// (cgroup-v1/memory.rst "OOM Control"); version 2: changes of memory.events (cgroup-v2.rst).
#pragma once

#include "base/fd.hpp"
#include "runtime/cgroup_paths.hpp"

#include <cstdint>
#include <string>

namespace phial::runtime {

class OomWatch {
public:
  [[nodiscard]] static Result<OomWatch> open(const CgroupPaths& cgroup);

  // Readable when something may have happened; -1 where the container's memory is not counted.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Takes what came; whether it was a want of memory, and not the end of the cgroup.
  [[nodiscard]] bool happened();

private:
  OomWatch() = default;

  Fd fd_;
  Fd file_; // version 1: memory.oom_control has to stay open
  std::string directory_;
  bool v1_ = false;
  std::uint64_t kills_ = 0;
};

} // namespace phial::runtime
