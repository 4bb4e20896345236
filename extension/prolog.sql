\echo Use "create extension quoll" to load this file. \quit
