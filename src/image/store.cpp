#include "image/store.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "image/layer.hpp"
#include "image/load.hpp"
#include "image/record.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace phial::image {

Result<std::vector<Image>> list_images(const Store& store) {
  return images_of(TRY(read_records(store)));
}

Result<Image> find_image(const Store& store, std::string_view what) {
  // A name needs one record; its other names do not matter to most, and cost a look at all of them.
  return TRY(find_among(TRY(read_records(store)), what)).image;
}

Result<ImageConfig> image_config(const Store& store, const Image& image) {
  std::string text = TRY(get_blob(store, image.id, kConfigLimit), "read the image's configuration");
  return parse_config(text, "config " + image.id.short_text());
}

Result<std::vector<std::string>> layer_paths(const Store& store, const Image& image, const ImageConfig& config) {
  std::vector<std::string> out;
  for (auto it = config.diff_ids.begin(); it != config.diff_ids.end(); ++it) {
    // overlayfs takes no directory twice; a layer that comes again further up hides its first coming completely.
    if (std::find(it + 1, config.diff_ids.end(), *it) != config.diff_ids.end())
      continue;
    std::string path = layer_directory(store, *it) + "/diff";
    if (!exists(path))
      return fail(Kind::state, "the store lacks layer " + it->short_text() + " of image " + image.id.short_text(),
                  "remove the image with phial rmi and load it again");
    out.push_back(std::move(path));
  }
  if (out.empty()) { // an image from scratch: overlayfs still wants something to lie over
    std::string empty = store.root + "/empty";
    if (::mkdir(empty.c_str(), 0755) != 0 && errno != EEXIST)
      return fail_call("mkdir", empty);
    out.push_back(std::move(empty));
  }
  return out;
}

Result<> tag_image(const Store& store, const Image& image, std::string_view name) {
  Reference reference = TRY(parse_reference(name));
  if (reference.digest)
    return fail(Kind::input, "a tag cannot have a digest: " + std::string(name));
  Fd lock = TRY(lock_store(store));
  std::vector<Record> records = TRY(read_records(store));
  auto same = std::ranges::find(records, image.id, &Record::config);
  if (same == records.end())
    return fail(Kind::not_found, "image " + image.id.short_text() + " is gone");
  Record record = *same;
  record.name = reference.text();
  return write_record(store, record);
}

Result<Fd> hold_images(const Store& store) {
  return lock_store(store);
}

Result<> check_platform(const ImageConfig& config, const Platform& host) {
  const Platform& wants = config.platform;
  bool same_os = wants.os.empty() || wants.os == host.os;
  bool same = wants.architecture.empty() || wants.architecture == host.architecture ||
              (host.architecture == "amd64" && wants.architecture == "386");
  if (same && same_os)
    return {};
  return fail(Kind::unsupported, "the image is for " + wants.text() + ", and this machine is " + host.text(),
              "get the image for " + host.text() +
                  ", or install qemu-user-static and binfmt-support and ask for it "
                  "with --platform " +
                  wants.text());
}

Result<bool> ensure_builtin(const Store& store, std::string_view what, const std::string& libexec_dir,
                            const Progress& progress) {
  constexpr const char* kBuiltin = "docker.io/library/busybox:latest";
  Result<Reference> reference = parse_reference(what);
  if (!reference || reference->text() != kBuiltin || TRY(read_record(store, *reference)))
    return false;
  std::string archive = libexec_dir + "/busybox.tar";
  if (!exists(archive))
    return fail(Kind::not_found, "no such image: " + std::string(what) + ", and the built-in one is not at " + archive);
  LoadOptions options;
  options.progress = progress;
  TRY(load_archive(store, archive, options), "load the built-in image");
  return true;
}

} // namespace phial::image
