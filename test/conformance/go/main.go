// Reads a log that the TypeScript code wrote, and writes one for it to read, both with Go's own golang.org/x/mod/sumdb.
//
// Usage: main <directory to read> <directory to write>
//
//	main archive <directory>    see archive.go
//
// Both directories hold the same files:
//
//	vkey, checkpoint      the verifier key and the signed tree head
//	leaves                the leaves' data, 32 bytes each
//	tile/...              the tiles, as in c2sp.org/tlog-tiles
//	proofs.json           inclusion and consistency proofs
//
// The one to read also has witness-vkey, a key whose cosignature the checkpoint carries; the one to write has skey.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	leafSize   = 32
)

type proofs struct {
	Inclusion []struct {
		Index  int64            `json:"index"`
		Hashes tlog.RecordProof `json:"hashes"`
	} `json:"inclusion"`
	Consistency []struct {
		Size   int64          `json:"size"`
		Root   tlog.Hash      `json:"root"`
		Hashes tlog.TreeProof `json:"hashes"`
	} `json:"consistency"`
}

func main() {
	log.SetFlags(log.Lshortfile)
	if os.Args[1] == "archive" {
		readArchive(os.Args[2])
		return
	}
	readLog(os.Args[1])
	writeLog(os.Args[2])
}

func readLog(dir string) {
	log1, err := note.NewVerifier(read(dir, "vkey"))
	check(err)
	witness := newCosignatureVerifier(read(dir, "witness-vkey"))
	opened, err := note.Open([]byte(read(dir, "checkpoint")), note.VerifierList(log1, witness))
	check(err)
	if len(opened.Sigs) != 2 {
		log.Fatalf("%d of 2 signatures verified", len(opened.Sigs))
	}
	tree := parseCheckpoint(opened.Text, log1.Name())

	leaves := []byte(read(dir, "leaves"))
	reader := tlog.TileHashReader(tree, tileReader(dir))
	root, err := tlog.TreeHash(tree.N, reader)
	check(err)
	if root != tree.Hash {
		log.Fatal("the tiles have another root than the checkpoint")
	}

	var ours proofs
	check(json.Unmarshal([]byte(read(dir, "proofs.json")), &ours))
	for _, p := range ours.Inclusion {
		leaf := tlog.RecordHash(leaves[p.Index*leafSize : (p.Index+1)*leafSize])
		check(tlog.CheckRecord(p.Hashes, tree.N, tree.Hash, p.Index, leaf))
		expected, err := tlog.ProveRecord(tree.N, p.Index, reader)
		check(err)
		same(tlog.TreeProof(expected), tlog.TreeProof(p.Hashes))
	}
	for _, p := range ours.Consistency {
		check(tlog.CheckTree(p.Hashes, tree.N, tree.Hash, p.Size, p.Root))
		expected, err := tlog.ProveTree(tree.N, p.Size, reader)
		check(err)
		same(expected, p.Hashes)
	}
}

func writeLog(dir string) {
	const size, name = 70000, "go.example/log"
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	check(err)
	signer, err := note.NewSigner(skey)
	check(err)

	leaves := make([]byte, size*leafSize)
	_, err = rand.Read(leaves)
	check(err)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for i := int64(0); i < size; i++ {
		hashes, err := tlog.StoredHashes(i, leaves[i*leafSize:(i+1)*leafSize], reader)
		check(err)
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(size, reader)
	check(err)
	checkpoint, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", name, size, root)}, signer)
	check(err)

	var theirs proofs
	for _, index := range []int64{0, 1, 255, 256, 65535, 65536, size - 1} {
		hashes, err := tlog.ProveRecord(size, index, reader)
		check(err)
		theirs.Inclusion = append(theirs.Inclusion, struct {
			Index  int64            `json:"index"`
			Hashes tlog.RecordProof `json:"hashes"`
		}{index, hashes})
	}
	for _, older := range []int64{1, 2, 255, 256, 257, 65536, 65537, size - 1, size} {
		hashes, err := tlog.ProveTree(size, older, reader)
		check(err)
		olderRoot, err := tlog.TreeHash(older, reader)
		check(err)
		theirs.Consistency = append(theirs.Consistency, struct {
			Size   int64          `json:"size"`
			Root   tlog.Hash      `json:"root"`
			Hashes tlog.TreeProof `json:"hashes"`
		}{older, olderRoot, hashes})
	}
	encoded, err := json.Marshal(theirs)
	check(err)

	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		data, err := tlog.ReadTileData(tile, reader)
		check(err)
		write(dir, tilePath(tile), data)
	}
	write(dir, "skey", []byte(skey))
	write(dir, "vkey", []byte(vkey))
	write(dir, "checkpoint", checkpoint)
	write(dir, "leaves", leaves)
	write(dir, "proofs.json", encoded)
}

func parseCheckpoint(text, origin string) tlog.Tree {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" {
		log.Fatal("malformed checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

// tilePath is where c2sp.org/tlog-tiles has a tile: the path of sumdb, without the height.
func tilePath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

// tileReader reads tiles below a directory.
type tileReader string

func (tileReader) Height() int                     { return tileHeight }
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (dir tileReader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		data = append(data, []byte(read(string(dir), tilePath(tile))))
	}
	return data, nil
}

// cosignatureVerifier verifies what c2sp.org/tlog-cosignature calls Ed25519 cosignatures, which sumdb does not know.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosignatureVerifier(vkey string) *cosignatureVerifier {
	parts := strings.SplitN(vkey, "+", 3)
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	check(err)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	if key[0] != 4 || len(key) != 33 {
		log.Fatal("not the key of a cosigner")
	}
	return &cosignatureVerifier{parts[0], uint32(hash), key[1:]}
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }

func (v *cosignatureVerifier) Verify(text, signature []byte) bool {
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(v.key, []byte(message), signature[8:])
}

func same(expected, found tlog.TreeProof) {
	if len(expected) != len(found) {
		log.Fatalf("a proof has %d hashes instead of %d", len(found), len(expected))
	}
	for i := range expected {
		if !bytes.Equal(expected[i][:], found[i][:]) {
			log.Fatal("a proof has another hash")
		}
	}
}

func read(dir, name string) string {
	data, err := os.ReadFile(filepath.Join(dir, name))
	check(err)
	return string(data)
}

func write(dir, name string, data []byte) {
	path := filepath.Join(dir, name)
	check(os.MkdirAll(filepath.Dir(path), 0o777))
	check(os.WriteFile(path, data, 0o666))
}

func check(err error) {
	if err != nil {
		_ = log.Output(2, err.Error())
		os.Exit(1)
	}
}
