// Hello is the least that a program of Go's takes to start and end.
package main

import "os"

func main() { _, _ = os.Stdout.WriteString("hello\n") }
