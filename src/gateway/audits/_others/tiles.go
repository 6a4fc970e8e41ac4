// Does Go's checksum-database code (golang.org/x/mod/sumdb) take a log for true?
//
// Reads names of folders from standard input and writes one line for each: "ok", or the error.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles finds tiles where C2SP tlog-tiles puts them; this package's own paths say the height too.
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		raw, err := os.ReadFile(filepath.Join(string(f), name))
		if err != nil {
			return nil, err
		}
		found = append(found, raw)
	}
	return found, nil
}

// open verifies the checkpoint by the key beside it, and takes base64 in one spelling only.
func (f folder) open() (tree tlog.Tree, err error) {
	key, err := os.ReadFile(filepath.Join(string(f), "key"))
	if err != nil {
		return tree, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return tree, err
	}
	raw, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(raw, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	for _, signature := range append(opened.Sigs, opened.UnverifiedSigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(signature.Base64); err != nil {
			return tree, err
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree, errors.New("not a checkpoint of this log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func (f folder) entries(size int64) (entries [][]byte, err error) {
	for first := int64(0); first < size; first += width {
		tile := tlog.Tile{H: 8, L: 0, N: first / width, W: width}
		if size-first < width {
			tile.W = int(size - first)
		}
		name := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		raw, err := os.ReadFile(filepath.Join(string(f), name))
		if err != nil {
			return nil, err
		}
		for n := 0; n < tile.W; n++ {
			if len(raw) < 2 || len(raw)-2 < int(binary.BigEndian.Uint16(raw)) {
				return nil, errors.New("an entry is cut short")
			}
			end := 2 + int(binary.BigEndian.Uint16(raw))
			entries, raw = append(entries, raw[2:end]), raw[end:]
		}
		if len(raw) > 0 {
			return nil, errors.New("a bundle is too long")
		}
	}
	return entries, nil
}

func (f folder) check() error {
	tree, err := f.open()
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, f)
	var indexes []int64
	for n := int64(0); n < tree.N; n++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, n))
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	entries, err := f.entries(tree.N)
	if err != nil {
		return err
	}
	for n, entry := range entries {
		if hash := tlog.RecordHash(entry); !bytes.Equal(hash[:], hashes[n][:]) {
			return fmt.Errorf("entry %d is another", n)
		}
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil || root != tree.Hash {
		return errors.New("the root is another")
	}
	proof, err := tlog.ProveRecord(tree.N, tree.N/2, reader)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, tree.N/2, hashes[tree.N/2])
}

func main() {
	names := bufio.NewScanner(os.Stdin)
	for names.Scan() {
		if err := folder(names.Text()).check(); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
