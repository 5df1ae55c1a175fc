package inputfile

const nonBlocking = 0
