// The decompressors behind decompress(): zlib, libzstd and liblzma, each as one more ByteSource.
#include "image/bytes.hpp"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace phial::image {

namespace {

constexpr std::size_t kOutput = std::size_t{256} << 10;
constexpr std::uint64_t kXzMemory = std::uint64_t{100} << 20;

// The first pieces, read to see what they are, and then the rest of the inner source.
class Peeked : public ByteSource {
public:
  Peeked(ByteSource& inner, std::string beginning) : inner_(inner), beginning_(std::move(beginning)) {}
  Result<std::string_view> next() override {
    if (!given_ && !beginning_.empty()) {
      given_ = true;
      return std::string_view(beginning_);
    }
    return inner_.next();
  }

private:
  ByteSource& inner_;
  std::string beginning_;
  bool given_ = false;
};

std::unexpected<Error> truncated(std::string_view what) {
  return fail(Kind::input, "the " + std::string(what) + " data ends too early: the archive is truncated");
}
std::unexpected<Error> corrupt(std::string_view what, std::string_view why) {
  return fail(Kind::input, "the " + std::string(what) + " data is corrupt: " + std::string(why));
}

// What the three have in common: input that is kept until it is used up, and one output buffer.
class Decoder : public ByteSource {
public:
  explicit Decoder(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)), output_(kOutput) {}

protected:
  // Makes sure that there is input, unless it has ended.
  Result<> fill() {
    if (input_.empty() && !ended_) {
      input_ = TRY(inner_->next());
      ended_ = input_.empty();
    }
    return {};
  }
  [[nodiscard]] bool at_end() const { return ended_ && input_.empty(); }

  std::unique_ptr<ByteSource> inner_;
  std::string_view input_;
  bool ended_ = false;
  std::vector<char> output_;
};

class Gunzip : public Decoder {
public:
  explicit Gunzip(std::unique_ptr<ByteSource> inner) : Decoder(std::move(inner)) {
    ready_ = ::inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~Gunzip() override {
    if (ready_)
      ::inflateEnd(&stream_);
  }
  Result<std::string_view> next() override {
    if (!ready_)
      return fail(Kind::system, "zlib has no memory");
    for (;;) {
      TRY(fill());
      if (at_end())
        return between_ ? Result<std::string_view>(std::string_view()) : truncated("gzip");
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
      stream_.avail_in = static_cast<uInt>(input_.size());
      stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
      stream_.avail_out = static_cast<uInt>(output_.size());
      between_ = false;
      int how = ::inflate(&stream_, Z_NO_FLUSH);
      input_.remove_prefix(input_.size() - stream_.avail_in);
      if (how == Z_STREAM_END) {
        between_ = true;
        ::inflateReset(&stream_); // one more member may follow, and nothing else may
      } else if (how != Z_OK && how != Z_BUF_ERROR) {
        return corrupt("gzip", stream_.msg != nullptr ? stream_.msg : "it cannot be inflated");
      }
      if (std::size_t made = output_.size() - stream_.avail_out; made > 0)
        return std::string_view(output_.data(), made);
    }
  }

private:
  z_stream stream_{};
  bool ready_ = false;
  bool between_ = false; // members: here the input may end
};

class Unzstd : public Decoder {
public:
  explicit Unzstd(std::unique_ptr<ByteSource> inner) : Decoder(std::move(inner)), stream_(::ZSTD_createDStream()) {}
  ~Unzstd() override { ::ZSTD_freeDStream(stream_); }
  Result<std::string_view> next() override {
    if (stream_ == nullptr)
      return fail(Kind::system, "libzstd has no memory");
    for (;;) {
      TRY(fill());
      // At the end of the input the stream may still hold output back; only when none comes is it over.
      ZSTD_inBuffer in{input_.data(), input_.size(), 0};
      ZSTD_outBuffer out{output_.data(), output_.size(), 0};
      bool last = at_end();
      if (last && between_)
        return std::string_view();
      std::size_t how = ::ZSTD_decompressStream(stream_, &out, &in);
      if (::ZSTD_isError(how) != 0)
        return corrupt("zstd", ::ZSTD_getErrorName(how));
      between_ = how == 0;
      input_.remove_prefix(in.pos);
      if (out.pos > 0)
        return std::string_view(output_.data(), out.pos);
      if (last && !between_)
        return truncated("zstd");
    }
  }

private:
  ZSTD_DStream* stream_;
  bool between_ = false;
};

class Unxz : public Decoder {
public:
  explicit Unxz(std::unique_ptr<ByteSource> inner) : Decoder(std::move(inner)) {
    ready_ = ::lzma_stream_decoder(&stream_, kXzMemory, LZMA_CONCATENATED) == LZMA_OK;
  }
  ~Unxz() override { ::lzma_end(&stream_); }
  Result<std::string_view> next() override {
    if (!ready_)
      return fail(Kind::system, "liblzma has no memory");
    while (!done_) {
      TRY(fill());
      stream_.next_in = reinterpret_cast<const std::uint8_t*>(input_.data());
      stream_.avail_in = input_.size();
      stream_.next_out = reinterpret_cast<std::uint8_t*>(output_.data());
      stream_.avail_out = output_.size();
      bool last = at_end();
      lzma_ret how = ::lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
      input_.remove_prefix(input_.size() - stream_.avail_in);
      done_ = how == LZMA_STREAM_END;
      if (how == LZMA_MEMLIMIT_ERROR)
        return fail(Kind::unsupported, "the xz data needs more than 100 MiB of memory to decompress");
      if (how == LZMA_BUF_ERROR && last)
        return truncated("xz");
      if (how != LZMA_OK && how != LZMA_STREAM_END && how != LZMA_BUF_ERROR)
        return corrupt("xz", "it cannot be decompressed");
      if (std::size_t made = output_.size() - stream_.avail_out; made > 0)
        return std::string_view(output_.data(), made);
    }
    return std::string_view();
  }

private:
  lzma_stream stream_{};
  bool ready_ = false;
  bool done_ = false;
};

} // namespace

Compression compression_of(std::string_view beginning) {
  using namespace std::string_view_literals;
  if (beginning.starts_with("\x1f\x8b"sv))
    return Compression::gzip;
  // A zstd file may begin with a skippable frame.
  if (beginning.starts_with("\x28\xb5\x2f\xfd"sv) ||
      (beginning.size() >= 4 && (static_cast<unsigned char>(beginning[0]) & 0xf0) == 0x50 &&
       beginning.substr(1, 3) == "\x2a\x4d\x18"sv))
    return Compression::zstd;
  if (beginning.starts_with("\xfd\x37\x7a\x58\x5a\x00"sv))
    return Compression::xz;
  if (beginning.starts_with("BZh"sv))
    return Compression::bzip2;
  return Compression::none;
}

Result<std::unique_ptr<ByteSource>> decompress(ByteSource& inner) {
  std::string beginning;
  while (beginning.size() < 6) {
    std::string_view piece = TRY(inner.next());
    if (piece.empty())
      break;
    beginning += piece;
  }
  Compression compression = compression_of(beginning);
  auto whole = std::make_unique<Peeked>(inner, std::move(beginning));
  switch (compression) {
  case Compression::gzip: return std::make_unique<Gunzip>(std::move(whole));
  case Compression::zstd: return std::make_unique<Unzstd>(std::move(whole));
  case Compression::xz: return std::make_unique<Unxz>(std::move(whole));
  case Compression::bzip2:
    return fail(Kind::unsupported, "bzip2 compression is not supported",
                "decompress it first with bunzip2; gzip, zstd and xz are understood");
  case Compression::none: break;
  }
  return whole;
}

} // namespace phial::image
