#include "engine/volumes.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "engine/image_view.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace phial::engine {

namespace {

struct Wanted {
  const VolumePlace* place = nullptr;
  std::string destination;
  bool copy = true;
};

// In the order in which world.hpp gave them their places.
std::vector<Wanted> wanted_volumes(const RunOptions& options, const ImageFacts& image, const World& world) {
  std::vector<Wanted> out;
  std::size_t next = 0;
  for (const MountRequest& mount : options.mounts)
    if (mount.type == MountRequest::Type::volume && next < world.volumes.size())
      out.push_back({&world.volumes[next++], mount.destination, !mount.no_copy});
  for (const std::string& destination : uncovered_volumes(options, image.config))
    if (next < world.volumes.size())
      out.push_back({&world.volumes[next++], destination, true});
  return out;
}

// Filled under another name and moved into place whole: a volume is there with its content or not at all.
Result<> make_volume(const ImageFacts& image, const Wanted& wanted) {
  const std::string& data = wanted.place->directory;
  std::string parent = data.substr(0, data.rfind('/'));
  TRY(make_directories(parent));
  Fd lock = TRY(lock_file(parent + "/lock"));
  if (exists(data))
    return {};
  std::string filling = parent + "/filling";
  TRY(remove_tree_at(AT_FDCWD, filling));
  if (::mkdir(filling.c_str(), 0755) != 0)
    return fail_call("mkdir", filling);
  if (wanted.copy)
    TRY(copy_from_image(image.layers, wanted.destination, filling),
        "fill the volume " + wanted.place->name + " from the image's " + wanted.destination);
  if (::rename(filling.c_str(), data.c_str()) != 0)
    return fail_call("rename", data);
  return {};
}

} // namespace

Result<> make_volumes(const RunOptions& options, const ImageFacts& image, const World& world) {
  for (const Wanted& wanted : wanted_volumes(options, image, world))
    TRY(make_volume(image, wanted));
  return {};
}

std::string volumes_shell(const RunOptions& options, const ImageFacts& image, const World& world) {
  std::string out;
  for (const Wanted& wanted : wanted_volumes(options, image, world)) {
    std::string data = shell_quote(wanted.place->directory);
    out += "if [ ! -d " + data + " ]; then\n  mkdir -p " + data + "\n";
    for (const std::string& layer : image.layers)
      if (std::string from = layer + "/" + wanted.destination; wanted.copy && exists(from))
        out += "  cp --archive " + shell_quote(from + "/.") + " " + data + "\n";
    out += "fi\n";
  }
  return out;
}

} // namespace phial::engine
