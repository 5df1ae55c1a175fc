package ownfile

const noFollow = 0
