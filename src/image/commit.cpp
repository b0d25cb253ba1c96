#include "image/commit.hpp"

#include "image/layer.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace phial::image {

std::string now_text() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  std::array<char, 32> text{};
  std::size_t n = ::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string nanoseconds = std::to_string(now.tv_nsec);
  return std::string(text.data(), n) + "." + std::string(9 - nanoseconds.size(), '0') + nanoseconds + "Z";
}

Result<Image> commit_image(const Store& store, Staging& staging, const NewImage& image) {
  Record record;
  record.config = digest_of(image.config_text);
  record.manifest = digest_of(image.manifest_text);
  const std::array documents{record.config, record.manifest};
  TRY(staging.want(documents));
  ImageConfig config = TRY(parse_config(image.config_text, "config " + record.config.short_text()));
  record.created = config.created;
  record.platform = config.platform;
  for (const Digest& id : config.diff_ids) {
    std::optional<Layer> layer = TRY(find_layer(store, id));
    if (!layer)
      return fail(Kind::internal, "layer " + id.short_text() + " is not in the store");
    record.size += layer->size;
  }
  TRY(put_blob(store, image.config_text));
  TRY(put_blob(store, image.manifest_text));
  Fd lock = TRY(lock_store(store));
  for (const Reference& name : image.names) {
    record.name = name.text();
    TRY(write_record(store, record));
  }
  std::vector<Record> records = TRY(read_records(store));
  if (image.names.empty() && std::ranges::find(records, record.config, &Record::config) == records.end()) {
    record.name.clear();
    TRY(write_record(store, record));
    records.push_back(record);
  }
  for (Image& known : images_of(records))
    if (known.id == record.config)
      return std::move(known);
  return fail(Kind::internal, "a new image has no record");
}

} // namespace phial::image
