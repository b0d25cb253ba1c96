#include "image/import.hpp"

#include "base/file.hpp"
#include "image/commit.hpp"
#include "image/layer.hpp"
#include "image/oci_layout.hpp"
#include "image/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace phial::image {

namespace {

Result<UnpackedLayer> layer_from(const Store& store, Staging& staging, const std::string& source,
                                 const ImportOptions& options) {
  Fd fd = source == "-" ? TRY(duplicate(STDIN_FILENO)) : TRY(open_at(AT_FDCWD, source, O_RDONLY));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0)
    return fail_call("fstat", source);
  if (S_ISDIR(status.st_mode))
    return unpack_produced_layer(store, staging,
                                 [&](const auto& sink) {
                                   TarWriter tar(sink);
                                   return write_tree(fd.get(), tar, options.progress);
                                 },
                                 {}, {});
  if (source == "-" && ::isatty(STDIN_FILENO) == 1)
    return fail(Kind::usage, "standard input is a terminal", "redirect a tar to it, or name a file or a directory");
  FdSource bytes(fd.get());
  return unpack_layer(store, staging, bytes, {}, {});
}

} // namespace

Result<Image> import_root(const Store& store, const std::string& source, const ImportOptions& options) {
  NewImage image;
  ImageConfig config;
  // What can be wrong with the words is said before anything is read.
  if (!options.name.empty())
    image.names.push_back(TRY(parse_reference(options.name)));
  if (!image.names.empty() && image.names[0].digest)
    return fail(Kind::input, "an imported image's name cannot have a digest: " + options.name);
  config.platform = options.platform.empty() ? host_platform() : TRY(parse_platform(options.platform));
  for (const std::string& change : options.changes)
    TRY(apply_change(config, change));

  std::string label = source == "-" ? "standard input" : source;
  Staging staging = TRY(Staging::open(store));
  if (options.progress)
    options.progress("Importing " + label);
  UnpackedLayer layer = TRY(layer_from(store, staging, source, options), "import " + label);
  if (layer.layer.entries == 0)
    return fail(Kind::input, label + " has no files in it");
  config.created = now_text();
  config.diff_ids = {layer.layer.diff_id};
  config.history = {
      {config.created, "", "", options.message.empty() ? "Imported from " + label : options.message, false}};
  image.config_text = config_text(config);
  image.manifest_text = manifest_text(
      {"application/vnd.oci.image.config.v1+json", digest_of(image.config_text), image.config_text.size(), "",
       std::nullopt, false},
      {{"application/vnd.oci.image.layer.v1.tar", layer.layer.diff_id, layer.tar_size, "", std::nullopt, false}});
  return commit_image(store, staging, image);
}

} // namespace phial::image
