// RootView: a container's files as its processes see them, from outside and without its mounts being made: the root
// (a directory, or a detached mount of its layers) and what the spec mounts on it. Read-only.
//
// The root is somebody else's: every path is walked one name at a time, by descriptors, no link is followed by the
// kernel, none leads out; only regular files are opened.
#pragma once

#include "base/fd.hpp"
#include "runtime/program_file.hpp"
#include "spec/types.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phial::runtime {

struct RootMount {
  enum class Type : std::uint8_t {
    bind,   // `source` of the host
    empty,  // a new tmpfs
    hidden, // what is in it cannot be told beforehand: proc, sysfs …
  };
  std::string destination;
  Type type = Type::hidden;
  std::string source;
  bool no_exec = false;
};
[[nodiscard]] std::vector<RootMount> root_mounts(const spec::Spec& spec);

// Whose access is asked for, in the numbers that the files have (the host's).
struct Accessor {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
  bool overrides = true; // CAP_DAC_OVERRIDE
};
// execute (search, of a directory) by mode, owner and group; access lists are not looked at. inode(7).
[[nodiscard]] bool may_execute(const Accessor& who, const struct stat& status);

struct Looked {
  int number = 0;       // errno; 0: it is there
  bool hidden = false;  // it lies where nothing can be told: no other field holds
  Fd place;             // O_PATH; empty for the root of a new tmpfs
  struct stat status{}; // where it is there
  std::string path;     // without links; where it is not there, the part of it that is not
  std::string link;     // the last symbolic link on the way, and where it leads
  std::string link_target;
  int links = 0;                    // followed
  const RootMount* mount = nullptr; // of the spec, that it lies on
  bool no_exec = false;             // that mount, or the container's own, has noexec
  std::string barrier;              // the first directory on the way that may not be searched
  struct stat barrier_status{};

  [[nodiscard]] bool is_there() const { return number == 0 && !hidden; }
};

// Whether an errno (or 0) of a look is an answer: what it looked for is there, is not, or is not for us to see. The
// others say that the machine could not look.
[[nodiscard]] bool means_nothing_there(int number);

class RootView {
public:
  explicit RootView(Fd root, std::vector<RootMount> mounts);
  // Of a running container: its mounts are there already.
  explicit RootView(Fd live_root) : root_(std::move(live_root)), live_(true) {}

  // `path` as the container resolves it, relative ones from `directory`. `mounts` false: as if nothing were mounted.
  [[nodiscard]] Looked look(std::string_view path, std::string_view directory = "/", const Accessor& who = {},
                            bool mounts = true) const;

  // The errno with which the destination of a mount could not be looked at, so that it may be taken for absent; else 0.
  [[nodiscard]] int unseen() const { return unseen_; }

  // The bytes of what was found; the function reads nothing from what is no regular file, and keeps the file open.
  [[nodiscard]] static ReadAt reader(const Looked& looked);
  // The names in a directory of the container, at most some thousands, unsorted; empty where it is none.
  [[nodiscard]] std::vector<std::string> names(std::string_view directory) const;

private:
  struct Place;
  [[nodiscard]] const RootMount* mount_at(std::string_view path) const;
  [[nodiscard]] static int enter(const Place& here, const std::string& name, const RootMount* mount, Place& next);
  void step(Looked& out, std::vector<std::string>& pending, std::vector<Place>& places, bool mounts) const;

  Fd root_;
  bool live_ = false;
  int unseen_ = 0;
  std::vector<RootMount> mounts_;
};

} // namespace phial::runtime
