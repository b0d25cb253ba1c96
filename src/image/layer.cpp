#include "image/layer.hpp"

#include "base/file.hpp"
#include "image/jail.hpp"
#include "image/unpack.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

namespace phial::image {

namespace {

Json to_json(const Layer& layer) {
  return Json::object()
      .set("diff_id", layer.diff_id.text())
      .set("size", layer.size)
      .set("entries", layer.entries)
      .set("skipped", layer.skipped)
      .set("implied", Json::strings(layer.implied));
}

Result<Layer> layer_from(const Json& json) {
  Layer layer;
  layer.diff_id = TRY(parse_digest(json.string_or("diff_id")));
  layer.size = json.uint_or("size");
  layer.entries = json.uint_or("entries");
  layer.skipped = json.uint_or("skipped");
  layer.implied = json.strings_of("implied");
  return layer;
}

// The child's work: everything that understands the hostile bytes.
Result<Json> unpack_in_jail(int input, int directory, int) {
  FdSource raw(input);
  std::unique_ptr<ByteSource> plain = TRY(decompress(raw));
  HashingSource hashed(*plain);
  TarReader tar(hashed);
  UnpackReport report = TRY(unpack(tar, directory, {}));
  TRY(tar.drain());
  Layer layer{hashed.finish(), report.bytes, report.entries, report.skipped, std::move(report.implied)};
  return to_json(layer).set("tar_size", hashed.count());
}

Result<Json> spool_in_jail(int input, int, int output) {
  FdSource raw(input);
  std::unique_ptr<ByteSource> plain = TRY(decompress(raw));
  for (;;) {
    std::string_view piece = TRY(plain->next());
    if (piece.empty())
      return Json::object();
    TRY(write_all(output, piece));
  }
}

// The archive may end before its source does: to the hash everything counts.
Result<> feed_all(ByteSource& archive, const std::function<Result<>(std::string_view)>& sink) {
  for (;;) {
    std::string_view piece = TRY(archive.next());
    if (piece.empty())
      return {};
    TRY(sink(piece));
  }
}

Result<Fd> open_below(const Fd& root, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  std::string name = path.empty() ? "." : path;
  Fd fd(static_cast<int>(::syscall(SYS_openat2, root.get(), name.c_str(), &how, sizeof how)));
  if (!fd)
    return fail_call("openat2", path);
  return fd;
}

// Gives the implied directories the owner and mode of the topmost layer below that has them.
Result<> inherit(const Store& store, const std::string& diff, const Layer& layer, std::span<const Digest> below) {
  if (layer.implied.empty() || below.empty())
    return {};
  Fd root = TRY(open_at(AT_FDCWD, diff, O_RDONLY | O_DIRECTORY));
  std::vector<Fd> lower;
  for (auto it = below.rbegin(); it != below.rend(); ++it)
    lower.push_back(TRY(open_at(AT_FDCWD, layer_directory(store, *it) + "/diff", O_RDONLY | O_DIRECTORY)));
  for (const std::string& path : layer.implied) {
    Result<Fd> ours = open_below(root, path);
    if (!ours)
      continue; // an entry took its place later
    for (const Fd& other : lower) {
      Result<Fd> theirs = open_below(other, path);
      struct stat status{};
      if (!theirs || ::fstat(theirs->get(), &status) != 0)
        continue;
      if (::fchown(ours->get(), status.st_uid, status.st_gid) != 0 && errno != EPERM)
        return fail_call("fchown", path);
      if (::fchmod(ours->get(), status.st_mode & 07777) != 0)
        return fail_call("fchmod", path);
      break;
    }
  }
  return {};
}

Result<> sync_all(const std::string& path) {
  Fd fd = TRY(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  if (::syncfs(fd.get()) != 0)
    return fail_call("syncfs", path);
  return {};
}

// From the staging directory into the store. Whoever comes second finds the layer there and leaves his own behind.
Result<> put_layer(const Store& store, Staging& staging, const std::string& staged, const Layer& layer) {
  // Nothing records it yet: garbage collection must not take it for garbage.
  TRY(staging.want(std::span(&layer.diff_id, 1)));
  TRY(write_file_atomically(staged + "/layer.json", to_text(to_json(layer), 2) + "\n"));
  TRY(sync_all(staged));
  std::string place = layer_directory(store, layer.diff_id);
  if (::rename(staged.c_str(), place.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY)
    return fail_call("rename", place);
  Fd parent = TRY(open_at(AT_FDCWD, store.root + "/layers", O_RDONLY | O_DIRECTORY));
  if (::fsync(parent.get()) != 0)
    return fail_call("fsync", store.root + "/layers");
  return {};
}

std::unexpected<Error> mismatch(std::string_view what, const Digest& is, const Digest& should) {
  return fail(Kind::input, "the " + std::string(what) + " is " + is.text() + ", and should be " + should.text(),
              "the archive was damaged or changed; get it again");
}

} // namespace

Result<std::optional<Layer>> find_layer(const Store& store, const Digest& diff_id) {
  Result<std::string> text = read_file(layer_directory(store, diff_id) + "/layer.json");
  if (!text)
    return text.error().number == ENOENT ? Result<std::optional<Layer>>(std::nullopt)
                                         : std::unexpected(std::move(text).error());
  return TRY(layer_from(TRY(parse_json(*text, "layer.json"))), "read layer " + diff_id.short_text());
}

Result<UnpackedLayer> unpack_produced_layer(const Store& store, Staging& staging, const ArchiveProducer& producer,
                                            const LayerExpectation& expected, std::span<const Digest> below) {
  std::string staged = staging.path() + "/layer-XXXXXX";
  if (::mkdtemp(staged.data()) == nullptr)
    return fail_call("mkdtemp", staged);
  std::string diff = staged + "/diff";
  if (::mkdir(diff.c_str(), 0755) != 0 || ::chmod(diff.c_str(), 0755) != 0)
    return fail_call("mkdir", diff);
  Fd directory = TRY(open_at(AT_FDCWD, diff, O_RDONLY | O_DIRECTORY));
  Jailed jailed = TRY(Jailed::start(directory.get(), -1, unpack_in_jail));
  UnpackedLayer out;
  Sha256 hash;
  bool wanted = true;
  Result<> produced = producer([&](std::string_view piece) -> Result<> {
    hash.update(piece);
    out.blob_size += piece.size();
    wanted = wanted && TRY(jailed.feed(piece));
    // After a failure of the child the rest is read for the digest's sake alone.
    return wanted || expected.blob ? Result<>() : fail(Kind::input, "the archive was refused");
  });
  if (!produced && wanted)
    return std::unexpected(std::move(produced).error());
  Result<Json> answer = jailed.finish();
  out.blob = hash.finish();
  // What was damaged on the way mostly cannot be unpacked either; the digest says it better.
  if (expected.blob && out.blob != *expected.blob)
    return mismatch("layer's digest", out.blob, *expected.blob);
  if (!answer)
    return std::unexpected(std::move(answer).error());
  out.layer = TRY(layer_from(*answer));
  out.tar_size = answer->uint_or("tar_size");
  if (expected.diff_id && out.layer.diff_id != *expected.diff_id)
    return mismatch("unpacked layer's diffID", out.layer.diff_id, *expected.diff_id);
  TRY(inherit(store, diff, out.layer, below));
  TRY(put_layer(store, staging, staged, out.layer));
  return out;
}

Result<UnpackedLayer> unpack_layer(const Store& store, Staging& staging, ByteSource& archive,
                                   const LayerExpectation& expected, std::span<const Digest> below) {
  return unpack_produced_layer(
      store, staging, [&](const auto& sink) { return feed_all(archive, sink); }, expected, below);
}

Result<> spool(ByteSource& input, int output) {
  Jailed jailed = TRY(Jailed::start(-1, output, spool_in_jail));
  for (;;) {
    std::string_view piece = TRY(input.next());
    if (piece.empty() || !TRY(jailed.feed(piece)))
      break;
  }
  TRY(jailed.finish());
  return {};
}

} // namespace phial::image
