#include "image/record.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace phial::image {

namespace {

constexpr std::size_t kRecordLimit = std::size_t{64} << 10;
constexpr std::size_t kFileNameLimit = 200;

std::string images_directory(const Store& store) {
  return store.root + "/images/";
}

Result<Record> record_from(std::string_view text, const std::string& file) {
  Json json = TRY(parse_json(text, file));
  Record record;
  record.name = json.string_or("name");
  record.manifest = TRY(parse_digest(json.string_or("manifest")));
  record.config = TRY(parse_digest(json.string_or("config")));
  record.created = json.string_or("created");
  record.size = json.uint_or("size");
  record.platform = {json.string_or("os"), json.string_or("architecture"), json.string_or("variant")};
  return record;
}

Json to_json(const Record& record) {
  return Json::object()
      .set("name", record.name)
      .set("manifest", record.manifest.text())
      .set("config", record.config.text())
      .set("created", record.created)
      .set("size", record.size)
      .set("os", record.platform.os)
      .set("architecture", record.platform.architecture)
      .set("variant", record.platform.variant);
}

// nullopt: no such file, or none of ours.
Result<std::optional<Record>> read_file_of_record(const Store& store, const std::string& file) {
  std::string path = images_directory(store) + file;
  Result<Fd> fd = open_at(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd)
    return fd.error().number == ENOENT || fd.error().number == ELOOP ? Result<std::optional<Record>>(std::nullopt)
                                                                     : std::unexpected(std::move(fd).error());
  struct stat status{};
  if (::fstat(fd->get(), &status) != 0)
    return fail_call("fstat", path);
  if (!S_ISREG(status.st_mode))
    return std::optional<Record>();
  Result<std::string> text = read_all(fd->get(), kRecordLimit);
  if (!text)
    return std::unexpected(std::move(text).error());
  Result<Record> record = record_from(*text, file);
  if (!record || record_file_name(*record) != file)
    return std::optional<Record>();
  return std::optional<Record>(std::move(*record));
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string as_shown(const std::string& name) {
  Result<Reference> reference = parse_reference(name);
  return reference ? reference->familiar() : name;
}

Image image_of(const std::vector<Record>& records, const Digest& id) {
  for (Image& image : images_of(records))
    if (image.id == id)
      return std::move(image);
  return {};
}

std::unexpected<Error> no_such_image(std::string_view what) {
  return fail(Kind::not_found, "no such image: " + std::string(what.substr(0, 300)),
              "phial images lists the images there are; phial load and phial import bring more");
}

} // namespace

std::string record_file_name(const Record& record) {
  if (record.name.empty())
    return "@" + record.config.hex;
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (char c : record.name) {
    bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    auto byte = static_cast<unsigned char>(c);
    if (plain)
      out += c;
    else
      out += std::string{'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out.size() <= kFileNameLimit ? out : "~" + digest_of(record.name).hex;
}

Result<std::vector<Record>> read_records(const Store& store) {
  std::vector<Record> out;
  Result<std::vector<std::string>> names = list_directory(images_directory(store));
  if (!names)
    return names.error().number == ENOENT ? Result<std::vector<Record>>(std::move(out))
                                          : std::unexpected(std::move(names).error());
  for (const std::string& name : *names)
    if (std::optional<Record> record = TRY(read_file_of_record(store, name)))
      out.push_back(std::move(*record));
  std::ranges::sort(out, {}, &Record::name);
  return out;
}

Result<std::optional<Record>> read_record(const Store& store, const Reference& reference) {
  Record probe;
  probe.name = reference.text();
  return read_file_of_record(store, record_file_name(probe));
}

Result<> write_record(const Store& store, const Record& record) {
  std::vector<Record> records = TRY(read_records(store));
  auto other = std::ranges::find_if(records, [&](const Record& old) { return old.name == record.name; });
  if (!record.name.empty() && other != records.end() && other->config != record.config) {
    auto keeps = [&](const Record& old) { return &old != &*other && old.config == other->config; };
    if (std::ranges::none_of(records, keeps)) {
      Record nameless = *other;
      nameless.name.clear();
      TRY(write_record(store, nameless));
    }
  }
  TRY(write_file_atomically(images_directory(store) + record_file_name(record), to_text(to_json(record), 2) + "\n",
                            0600, true));
  // An image with a name needs no record without one.
  for (const Record& old : records)
    if (!record.name.empty() && old.name.empty() && old.config == record.config)
      TRY(remove_record(store, old));
  return {};
}

Result<> remove_record(const Store& store, const Record& record) {
  std::string path = images_directory(store) + record_file_name(record);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return fail_call("unlink", path);
  return {};
}

std::vector<Image> images_of(const std::vector<Record>& records) {
  std::vector<Image> out;
  std::vector<const Record*> sorted;
  sorted.reserve(records.size());
  for (const Record& record : records)
    sorted.push_back(&record);
  std::ranges::stable_sort(sorted, {}, [](const Record* record) { return record->config.hex; });
  for (const Record* record : sorted) {
    if (out.empty() || out.back().id != record->config)
      out.push_back({record->config, record->manifest, {}, record->created, record->size, record->platform});
    if (!record->name.empty())
      out.back().names.push_back(as_shown(record->name));
  }
  for (Image& image : out)
    std::ranges::sort(image.names);
  std::ranges::stable_sort(out, [](const Image& a, const Image& b) { return a.created > b.created; });
  return out;
}

Result<Found> find_among(const std::vector<Record>& records, std::string_view what) {
  std::string_view id = what.starts_with("sha256:") ? what.substr(7) : what;
  Result<Reference> reference = parse_reference(what);
  if (reference && !reference->digest && !what.starts_with("sha256:")) {
    std::string name = reference->text();
    auto at = std::ranges::find(records, name, &Record::name);
    if (at != records.end())
      return Found{image_of(records, at->config), *reference};
  }
  if (reference && reference->digest)
    for (const Record& record : records) {
      Result<Reference> other = parse_reference(record.name);
      bool same_name =
          other && other->name() == reference->name() && (reference->tag.empty() || reference->tag == other->tag);
      if (same_name && (record.manifest == reference->digest || record.config == reference->digest))
        return Found{image_of(records, record.config), std::nullopt};
    }
  std::optional<Digest> match;
  if (is_hex(id) && id.size() <= 64)
    for (const Record& record : records) {
      bool fits = record.config.hex.starts_with(id) || (id.size() == 64 && record.manifest.hex == id);
      if (fits && match && *match != record.config)
        return fail(Kind::input, "\"" + std::string(what) + "\" is the beginning of several images' ids",
                    "give more digits; phial images --no-trunc shows them all");
      if (fits)
        match = record.config;
    }
  if (match)
    return Found{image_of(records, *match), std::nullopt};
  if (!reference && !is_hex(id))
    return std::unexpected(std::move(reference).error());
  return no_such_image(what);
}

} // namespace phial::image
