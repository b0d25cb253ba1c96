// The files of an image archive by name: a tar, compressed or not, from a file or a pipe, or a directory. Internal.
#pragma once

#include "image/bytes.hpp"
#include "image/staging.hpp"

#include <map>
#include <optional>

namespace phial::image {

class Archive {
public:
  // `path`: a tar, a directory, or "-". What is compressed or cannot be read twice is spooled into the staging
  // directory.
  [[nodiscard]] static Result<Archive> open(const std::string& path, const Staging& staging, const Progress& progress);

  [[nodiscard]] bool has(const std::string& name) const;
  // A whole small file; Kind::input where it is missing or larger than `limit`.
  [[nodiscard]] Result<std::string> read(const std::string& name, std::size_t limit) const;

  // A file's bytes. `source` reads from `fd`, which is its own where the archive is a directory.
  struct Member {
    Fd own;
    std::uint64_t size = 0;
    std::unique_ptr<ByteSource> source;
  };
  [[nodiscard]] Result<Member> member(const std::string& name) const;

  [[nodiscard]] const std::string& label() const { return label_; }

private:
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string link; // of a symbolic or hard link, the name it stands for
  };

  Result<> index();
  [[nodiscard]] const Place* find(std::string name) const;

  std::string label_;
  Fd file_;
  bool directory_ = false;
  std::map<std::string, Place> places_;
};

} // namespace phial::image
