// A layer, compressed or not, unpacked into a scratch directory beside something that must stay as it is. Without the
// jail: that the unpacker itself never leaves its root is what is tried.
#include "tar_mutate.hpp"

#include "base/file.hpp"
#include "image/unpack.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace phial::fuzz {

namespace {

// In memory, where there is such a place.
const std::string& scratch() {
  static const std::string path = [] {
    std::string name = (exists("/dev/shm") ? "/dev/shm/phial-fuzz-" : "/tmp/phial-fuzz-") + std::to_string(::getpid());
    require(make_directories(name).has_value(), "no scratch directory can be made");
    require(write_new_file(name + "/beside", {"as it was"}).has_value(), "nothing can be written");
    static struct Remover {
      std::string path;
      ~Remover() { static_cast<void>(remove_tree_at(AT_FDCWD, path)); }
    } remover;
    remover.path = name;
    return name;
  }();
  return path;
}

Result<> unpack(std::string_view bytes) {
  const std::string& place = scratch();
  TRY(make_directories(place + "/root", 0755));
  Fd root = TRY(open_at(AT_FDCWD, place + "/root", O_RDONLY | O_DIRECTORY));
  Text source(bytes);
  std::unique_ptr<image::ByteSource> plain = TRY(image::decompress(source));
  image::TarReader tar(*plain);
  image::UnpackLimits limits;
  limits.entries = 200;
  limits.bytes = 1 << 20;
  Result<image::UnpackReport> report = image::unpack(tar, root.get(), limits);
  if (report)
    require(report->entries <= limits.entries && report->bytes <= limits.bytes,
            "more is unpacked than the limits let in");
  return {};
}

} // namespace

void layer(std::string_view bytes) {
  static_cast<void>(unpack(bytes));
  const std::string& place = scratch();
  Result<std::vector<std::string>> there = list_directory(place);
  require(there && there->size() <= 2 && there->front() == "beside", "the unpacker left its root");
  Result<std::string> beside = read_file(place + "/beside");
  require(beside && *beside == "as it was", "the unpacker changed what is beside its root");
  require(remove_tree_at(AT_FDCWD, place + "/root").has_value(), "what was unpacked cannot be removed");
}

} // namespace phial::fuzz
