package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// readArchive reads what a sequencer made in a real database, from scratch and with nothing of the TypeScript code:
//
//	vkey                  the verifier key
//	archive/              what writeArchive wrote
//	proofs/N.tlog-proof   the proof of leaf N (c2sp.org/tlog-proof)
//	older, growth         an older checkpoint, and the consistency proof from it (c2sp.org/tlog-witness, add-checkpoint)
//
// It prints how many entries and proofs it has verified.
func readArchive(dir string) {
	verifier, err := note.NewVerifier(read(dir, "vkey"))
	check(err)
	archive := filepath.Join(dir, "archive")
	tree := openTree(read(archive, "checkpoint"), verifier)

	lines := entryLines(archive)
	if int64(len(lines)) != tree.N {
		log.Fatalf("%d entries in a tree of %d", len(lines), tree.N)
	}
	var stored []tlog.Hash
	memory := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	leaves := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		entryHash := sha256.Sum256(line)
		leaves[i] = tlog.RecordHash(entryHash[:])
		hashes, err := tlog.StoredHashes(int64(i), entryHash[:], memory)
		check(err)
		stored = append(stored, hashes...)
		if !bytes.Equal(bundled(archive, tree.N, int64(i)), entryHash[:]) {
			log.Fatalf("the bundle has another hash than entry %d", i)
		}
	}
	root, err := tlog.TreeHash(tree.N, memory)
	check(err)
	if root != tree.Hash {
		log.Fatal("the entries have another root than the checkpoint")
	}

	tiles := tlog.TileHashReader(tree, tileReader(archive))
	for i := range lines {
		proof, err := tlog.ProveRecord(tree.N, int64(i), tiles)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), leaves[i]))
	}

	files, err := os.ReadDir(filepath.Join(dir, "proofs"))
	check(err)
	for _, file := range files {
		index, hashes, checkpoint := parseProof(read(dir, "proofs/"+file.Name()), "c2sp.org/tlog-proof@v1\nindex ")
		proven := openTree(checkpoint, verifier)
		check(tlog.CheckRecord(hashes, proven.N, proven.Hash, index, leaves[index]))
	}

	older := openTree(read(dir, "older"), verifier)
	size, hashes, checkpoint := parseProof(read(dir, "growth"), "old ")
	newer := openTree(checkpoint, verifier)
	if size != older.N || newer != tree {
		log.Fatal("the proof of growth is about other trees")
	}
	check(tlog.CheckTree(tlog.TreeProof(hashes), newer.N, newer.Hash, older.N, older.Hash))
	fmt.Printf("%d entries, %d proofs", len(lines), len(files))
}

func openTree(text string, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	check(err)
	return parseCheckpoint(opened.Text, verifier.Name())
}

// entryLines reads the files of entries in the order of their names, which is that of the leaves.
func entryLines(archive string) (lines [][]byte) {
	check(filepath.Walk(filepath.Join(archive, "entries"), func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			data, err := os.ReadFile(path)
			check(err)
			for _, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
				lines = append(lines, line)
			}
		}
		return err
	}))
	return lines
}

// bundled is the data of a leaf in the entry bundles of c2sp.org/tlog-tiles: each behind its length in two bytes.
func bundled(archive string, size, leaf int64) []byte {
	tile := tlog.Tile{H: tileHeight, L: -1, N: leaf / 256, W: 256}
	if (leaf/256+1)*256 > size {
		tile.W = int(size % 256)
	}
	data := []byte(read(archive, strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)))
	for i := int64(0); ; i++ {
		length := int(binary.BigEndian.Uint16(data))
		if i == leaf%256 {
			return data[2 : 2+length]
		}
		data = data[2+length:]
	}
}

// parseProof takes apart a number behind a prefix, hashes, an empty line, and a checkpoint.
func parseProof(text, prefix string) (number int64, hashes tlog.RecordProof, checkpoint string) {
	if !strings.HasPrefix(text, prefix) {
		log.Fatalf("a proof does not begin with %q", prefix)
	}
	parts := strings.SplitN(strings.TrimPrefix(text, prefix), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	number, err := strconv.ParseInt(lines[0], 10, 64)
	check(err)
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		check(err)
		hashes = append(hashes, hash)
	}
	return number, hashes, parts[1]
}
