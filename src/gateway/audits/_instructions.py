"""Write the instructions of an evidence pack: how to verify it with independent tools."""

from base64 import b64encode

from gateway.log.notes import Checkpoint


def instructions(checkpoint: Checkpoint) -> str:
    """The text INSTRUCTIONS.md of a pack, Vietnamese first; every command runs within the pack."""
    return _TEXT.format(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=b64encode(checkpoint.root).decode(),
        in_hex=checkpoint.root.hex(),
    )


_TEXT = """\
# Bộ chứng cứ của nhật ký / Evidence pack of the log

- Nhật ký / log: `{origin}`
- Số mục / entries: `{size}`
- Gốc / root: `{root}`, hệ 16 / in hex `{in_hex}`

Ai cũng được phép đọc và kiểm tra bộ này; trong đó không có dữ liệu của cá nhân nào (tệp `bodies.tar.age`, nếu có, chỉ kiểm toán viên được công nhận mở được). Không cần tin người lập bộ chứng cứ: hãy so khóa trong tệp `key` với khóa mà tỉnh đã công bố ở nơi khác, và so gốc ở trên với gốc mà người khác đã thấy. Mọi lệnh dưới đây chạy trong thư mục này.

*Anybody may read and check this pack; nobody's data is in it (the file `bodies.tar.age`, where there is one, opens for an accredited auditor only). You need not trust whoever made it: compare the key in `key` with the one that the province has made known elsewhere, and the root above with what others have seen. Every command below runs in this folder.*

## 1. Go (`golang.org/x/mod/sumdb`)

Thư viện mà Go dùng để kiểm tra mã nguồn tải về; chương trình ngắn `others/tiles.go` đọc được trong vài phút. Trả lời `ok` nghĩa là: chữ ký, mọi mục, mọi ô băm và gốc khớp nhau.

*The library by which Go checks the modules it downloads; the short program `others/tiles.go` can be read in minutes. The answer `ok` says that signature, every entry, every tile and the root agree.*

```sh
apt-get install golang-go golang-golang-x-mod-dev
GO111MODULE=off GOPATH=/usr/share/gocode go build -o tiles others/tiles.go
echo . | ./tiles
```

## 2. `aics-tlog` (Python 3.12)

Cùng câu hỏi, một thư viện khác. / *The same question to another library.*

```sh
python3.12 -m venv tlog
tlog/bin/pip install aics-tlog
echo . | tlog/bin/python others/aics.py
```

## 3. Nhân chứng / a witness (`aics-witness`, Python 3.12)

Nhân chứng của chính bạn nhớ điểm kiểm tra này. Lần sau, khi nhật ký lớn hơn, nó chỉ ký nếu nhật ký mới bắt đầu bằng nhật ký cũ: không ai có thể sửa quá khứ mà bạn không biết.

*A witness of your own remembers this checkpoint. Later it cosigns a larger one only if that begins with this one: nobody can change the past without your knowing.*

```sh
python3.12 -m venv witness
witness/bin/pip install aics-witness
witness/bin/aics-witness init --config w.json --name witness.example/w1 --listen 127.0.0.1:8800
witness/bin/aics-witness add-log --config w.json --origin {origin} --vkey "$(cat key)"
witness/bin/aics-witness serve --config w.json & sleep 2
(printf 'old 0\\n\\n'; cat checkpoint) | curl --data-binary @- http://127.0.0.1:8800/add-checkpoint
```

Câu trả lời là một dòng chữ ký. / *The answer is one line, a cosignature.*

## 4. Số liệu / the figures

Ba công cụ trên chứng minh rằng không mục nào bị sửa. Công cụ của chính hệ thống còn tính lại mọi số liệu đã công bố từ các mục công khai, đến chữ số cuối cùng; nó là một tệp, chỉ cần Python và `cryptography`. Cách tính viết trong `docs/measure.md`, nên ai cũng viết lại được.

*The three tools above prove that no entry was changed. The gateway's own besides computes every published figure again from the public entries, to the last digit; it is one file that needs Python and `cryptography` alone. How figures are computed is written in `docs/measure.md`, so that anybody can write it again.*

```sh
python3 gateway-verify.pyz verify .
```

Thêm `--policy TỆP` để nêu khóa và nhân chứng mà bạn tin. / *Add `--policy FILE` to say whose key and which witnesses you believe.*

0: đã chứng minh / proved; 1: bị bác bỏ / refuted; 2: không kiểm tra được / could not check.

## 5. Kiểm toán viên được công nhận / an accredited auditor

Giải mã bằng `age` (định dạng age-encryption.org/v1, công cụ không phải của chúng tôi), đếm lại từ đầu, rồi ký:

*Decrypt with `age` (the format age-encryption.org/v1, a tool that is not ours), count everything again, then sign:*

```sh
age --decrypt --identity auditor.agekey bodies.tar.age | tar --extract
python3 gateway-verify.pyz recompute . --month 2026-11 --sign auditor.key --out audit.json
```

Gửi `audit.json` cho tỉnh: nó thành một mục công khai của nhật ký. / *Send `audit.json` to the province: it becomes a public entry of the log.*
"""
